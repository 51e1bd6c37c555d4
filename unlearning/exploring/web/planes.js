// The planes, which Vega-Lite draws from the specifications in the page, pointing and pinning.
// ---- Planes -----------------------------------------------------------------------------------
function planeData() {
  const pairs = state.sets.flatMap(set => state.methods.map(method => [method, set]));
  // Whole forget sets, as many as fit.
  const drawn = state.sets.slice(0, Math.max(1, Math.floor(MOST_PLANES / state.methods.length)));
  const kept = pairs.filter(([, set]) => drawn.includes(set)), data = [];
  for (const [method, set] of kept) {
    const lost = runs.filter(run => run.forget_set === set && run.diverged && (!isOwn(run) || run.method === method));
    const apart = Math.min(0.5, study.cap / lost.length);
    const panel = [state.methods.length > 1 || study.methods.length > 1 ? title[method] : "",
      state.sets.length > 1 || study.methods.length === 1 ? setLabel[set] : ""].filter(text => text).join(" · ");
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
  return [data, kept.length, state.sets.slice(drawn.length)];
}

async function drawPlanes() {
  const turn = ++drawing, [data, shown, left] = planeData(), box = at("planes");
  at("note").textContent = shown === 0 ? "Nothing is shown: choose a forget set and a method."
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
  const methods = state.methods.length;  // a forget set a row, or as many whole ones as fit
  const columns = most < methods ? most : most - most % methods;
  const side = Math.max(150, Math.min(380, Math.floor(room / columns) - 22));
  const spec = structuredClone(study.planes);
  spec.columns = columns;
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
  view.addEventListener("click", (event, item) => { const run = under(item); if (run) pin(run); });
  signal();
  // For who measures: which drawing this is, and when the first was done.
  document.documentElement.dataset.drawn = turn;
  document.documentElement.dataset.seconds ??= performance.now() / 1000;
}

function signal() {
  view?.signal("pointed", pointed?.id ?? "").signal("path", pointed?.path ?? "")
    .signal("pins", state.pins).runAsync();
}

at("planes").addEventListener("keydown", event => {
  const shown = runs.filter(isShown), paths = [...new Set(shown.map(run => run.path || run.id))];
  const on = run => shown.filter(other => (other.path || other.id) === (run.path || run.id));
  const move = {
    ArrowRight: () => { const here = on(pointed); return here[(here.indexOf(pointed) + 1) % here.length]; },
    ArrowLeft: () => { const here = on(pointed); return here.at(here.indexOf(pointed) - 1); },
    ArrowDown: () => along(1), ArrowUp: () => along(-1),
  };
  const along = by => {
    const next = paths.at((paths.indexOf(pointed.path || pointed.id) + by) % paths.length);
    return shown.find(run => (run.path || run.id) === next);
  };
  if (event.key in move && shown.length) point(pointed ? move[event.key]() : shown.find(isOwn) ?? shown[0]);
  else if (event.key === "Enter" && pointed) pin(pointed);
  else if (event.key === "Escape") change({ pins: [] });
  else return;
  event.preventDefault();
});

// ---- Pointing and pinning ---------------------------------------------------------------------
function point(run) {
  if (run === pointed) return;
  pointed = last = run;
  signal();
  card();
  markRows();
  if (!state.pins.length) behind();
}

function pin(run) {
  const pins = state.pins.includes(run.id) ? state.pins.filter(id => id !== run.id)
    : [...state.pins, run.id].slice(-2);
  state = { ...state, pins };
  write();
  signal();
  card();
  compare();
  markRows();
  behind();
}

function card() {
  const run = pointed;
  if (!run) return at("card").replaceChildren(make("p", "Point at a mark in a plane, or at a row of the table."));
  const head = row("th", ["", "P95 KLoM", "floor", "accuracy"]);
  const lines = study.splits.map(split => row("td", [split, score(run, split),
    number(study.floors[run.forget_set][split]), number(run[`accuracy_${split}`], 3)]));
  const facts = [`${run.n_members} members`, `work: ${short(run.relative_cost)} % of one retraining`];
  if (run.diverged) facts.push("diverged: it counts as the largest score, and stands beside the others that do");
  if (run.n_nonfinite) facts.push(`${run.n_nonfinite} margins not finite`);
  const letter = ["A", "B"][state.pins.indexOf(run.id)];
  at("card").replaceChildren(
    make("h3", `${run.title}, epoch ${run.epoch}`),
    make("p", `Forget set ${setLabel[run.forget_set]}; ${study.meanings[run.mark]}`
      + (letter ? `; pinned as ${letter}.` : ".")),
    make("table", null, head, ...lines), make("p", `${facts.join("; ")}.`));
}

function compare() {
  const pinned = state.pins.map(id => byId.get(id));
  at("compared").hidden = !pinned.length;
  // The difference is that of the numbers as they are shown, so that it can be checked by eye.
  const difference = shown => {
    const digits = Math.max(...shown.map(text => (text.split(".")[1] ?? "").length));
    return shown.includes("") ? "" : number(shown[1] - shown[0], digits);
  };
  const line = (what, shown, cell = shown) => {
    const cells = pinned.map(cell);
    if (pinned.length === 2) cells.push(shown ? difference(pinned.map(shown)) : "");
    return row("td", [what[1], ...cells, ...(pinned.length === 2 ? [apart(what[0])] : [])]);
  };
  const apart = name => {
    if (!study.splits.includes(name)) return "";
    const [a, b] = pinned;
    if (a[`${name}_low`] === null || b[`${name}_low`] === null) return "";
    return a[`${name}_high`] < b[`${name}_low`] || b[`${name}_high`] < a[`${name}_low`]
      ? "intervals apart" : "intervals overlap";
  };
  const release = run => {
    const button = make("button", "let go");
    button.type = "button";
    button.setAttribute("aria-label", `let go of ${run.name}`);
    button.addEventListener("click", () => pin(run));
    return button;
  };
  const heads = ["", ...pinned.map((run, place) => `${"AB"[place]}: ${run.title}, epoch ${run.epoch}`)];
  const table = make("table", null,
    row("th", pinned.length === 2 ? [...heads, "B − A", ""] : heads),
    line(["forget_set", "forget set"], null, run => setLabel[run.forget_set]),
    ...study.splits.map(split => line([split, `P95 KLoM, ${split}`], run => number(run[split]),
      run => score(run, split))),
    ...study.splits.map(split => line([`accuracy_${split}`, `accuracy, ${split}`],
      run => number(run[`accuracy_${split}`], 3))),
    line(["relative_cost", "work, % of one retraining"], run => short(run.relative_cost)),
    line(["n_members", "members"], run => String(run.n_members)),
    line(["", ""], null, release));
  const more = pinned.length === 1 ? "Pin a second run to compare it with this one."
    : pinned[0]?.forget_set !== pinned[1]?.forget_set ? "These are runs on different forget sets, with oracles of their own."
    : "Both are scored against the same oracles: these intervals are of each alone, not of their difference.";
  at("compare").replaceChildren(make("p", more), make("div", null, table));
  at("compare").lastElementChild.className = "wide";
}
