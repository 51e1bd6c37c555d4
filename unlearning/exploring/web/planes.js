// The planes, which Vega-Lite draws from the specification in the page; the keyboard in them.
let view = null, drawing = 0;

// Without a method the baselines stand alone, in one plane a forget set.
const across = () => state.methods.length ? state.methods : [""];
// Whole forget sets, as many as fit.
const drawn = () => state.sets.slice(0, Math.max(1, Math.floor(MOST_PLANES / across().length)));

function planeData() {
  const pairs = drawn().flatMap(set => across().map(method => [method, set])), data = [];
  for (const [method, set] of pairs) {
    const lost = runs.filter(run => run.forget_set === set && run.diverged && (!isOwn(run) || run.method === method));
    const apart = Math.min(0.5, study.cap / lost.length);
    const panel = [method && study.methods.length > 1 ? title[method] : "",
      state.sets.length > 1 || !method || study.methods.length === 1 ? setLabel[set] : ""].filter(text => text).join(" · ");
    for (const run of runs) {
      if (run.forget_set !== set || (isOwn(run) && run.method !== method)) continue;
      const values = {
        panel, id: run.id, name: run.name, path: run.path, mark: run.mark, epoch: run.epoch,
        what: study.meanings[run.mark], cost: run.relative_cost,
      };
      for (const axis of ["x", "y"])
        for (const end of ["", "_low", "_high"]) values[axis + end] = run[state[axis] + end] ?? run[state[axis]];
      const place = lost.indexOf(run);
      if (place >= 0)
        for (const end of ["", "_low", "_high"]) {
          values[`x${end}`] = study.cap - place * apart;
          values[`y${end}`] = (study.cap + study.limit) / 2;
        }
      if (run.mark === "oracle")
        for (const axis of ["x", "y"]) values[`${axis}_floor`] = study.floors[set][state[axis]];
      data.push(values);
    }
  }
  return [data, pairs.length];
}

async function drawPlanes() {
  const turn = ++drawing, [data, shown] = planeData(), box = at("planes"), left = state.sets.slice(drawn().length);
  at("note").textContent = shown === 0 ? "Nothing is shown: choose a forget set."
    : left.length ? `The planes of ${state.sets.length - left.length} of ${state.sets.length} chosen forget sets are drawn, `
      + `without those from ${setLabel[left[0]]} on: to see these, choose them without the others, or fewer methods. `
      + "The table has all of them." : "";
  if (!shown) {
    view?.finalize();
    view = null;
    box.replaceChildren();
    return;
  }
  const room = box.clientWidth - 70, most = Math.max(1, Math.min(shown, Math.floor(room / 235)));
  const methods = across().length;  // a forget set a row, or as many whole ones as fit
  const columns = most < methods ? most : most - most % methods;
  const side = Math.max(150, Math.min(380, Math.floor(room / columns) - 22));
  const spec = structuredClone(study.planes);
  spec.columns = columns;
  // An axis that all planes share stands under the last row: under nothing where that is not full.
  spec.resolve = { ...spec.resolve, axis: { x: shown % columns && shown > columns ? "independent" : "shared" } };
  spec.facet.sort = [...new Set(data.map(values => values.panel))];
  spec.facet.header.labelLimit = side;
  Object.assign(spec.spec, { width: side, height: side });
  spec.datasets = { runs: data };
  const legend = spec.config.legend, narrow = room < 560;
  legend.columns = Math.max(1, Math.floor((narrow ? room : room - 220) / 210));
  legend.layout = { bottom: { anchor: "start", direction: narrow ? "vertical" : "horizontal" } };
  for (const { encoding } of spec.spec.layer)
    for (const axis of ["x", "y"])
      if (encoding[axis]?.title) encoding[axis].title = `P95 KLoM, ${state[axis]} set`;
  const renderer = data.length > MANY_MARKS ? "canvas" : "svg";
  const made = await vegaEmbed(make("div"), spec, { ...SETTLED, renderer });
  if (turn !== drawing) return made.finalize();
  view?.finalize();
  view = made.view;
  box.replaceChildren(view.container());
  const under = item => byId.get((item?.datum?.datum ?? item?.datum)?.id);
  view.addEventListener("pointermove", (event, item) => { const run = under(item); if (run) point(run); });
  view.addEventListener("click", (event, item) => { const run = under(item); if (run) { point(run); pin(run); } });
  signal();
  // For who measures: which drawing this is, and when the first was done.
  document.documentElement.dataset.drawn = turn;
  document.documentElement.dataset.seconds ??= performance.now() / 1000;
}

// Only a method starts from the pretrained model: retraining that is stopped has its own line.
function signal() {
  view?.signal("pointed", pointed?.id ?? "").signal("path", pointed && isOwn(pointed) ? pointed.path : "")
    .signal("pins", state.pins).runAsync();
}

// Where the marks of a run stand in the window, in pixels: baselines have one a method.
function places(run) {
  const corner = at("planes").querySelector("svg, canvas").getBoundingClientRect();
  const { left, top } = view.padding(), [x, y] = view.origin(), found = [];
  const within = (group, x, y) => {
    for (const mark of group.items)
      for (const item of mark.items)
        if (mark.marktype === "group") within(item, x + item.x, y + item.y);
        else if (mark.marktype === "symbol" && item.datum.id === run.id) found.push([x + item.x, y + item.y]);
  };
  within(view.scenegraph().root.items[0], corner.x + left + x, corner.y + top + y);
  return found;
}

// Bring the mark that is pointed at into view: above the card, where this lies over the planes.
function reveal() {
  if (!view || !pointed) return;
  const narrow = matchMedia("(max-width: 62em)").matches;
  const room = window.innerHeight - (narrow ? at("card").parentElement.offsetHeight : 0);
  const away = places(pointed).map(([, y]) => y - room / 2);
  const [least] = away.sort((one, two) => Math.abs(one) - Math.abs(two));
  if (Math.abs(least) > room / 2 - 20) window.scrollBy(0, least);
}

at("planes").addEventListener("keydown", event => {
  const shown = runs.filter(run => isShown(run) && drawn().includes(run.forget_set));
  const path = run => run.path || run.id, paths = [...new Set(shown.map(path))];
  const epochs = by => {
    const here = shown.filter(run => path(run) === path(pointed));
    return here.at((here.indexOf(pointed) + by) % here.length);
  };
  const along = by => {
    const next = paths.at((paths.indexOf(path(pointed)) + by) % paths.length);
    return shown.find(run => path(run) === next);
  };
  const move = {
    ArrowRight: () => epochs(1), ArrowLeft: () => epochs(-1), ArrowDown: () => along(1), ArrowUp: () => along(-1),
  };
  if (Object.hasOwn(move, event.key) && shown.length) {
    point(shown.includes(pointed) ? move[event.key]() : shown.find(isOwn) ?? shown[0]);
    reveal();
  } else if (event.key === "Enter" && pointed) pin(pointed);
  else if (event.key === "Escape") change({ pins: [] });
  else return;
  event.preventDefault();
});
