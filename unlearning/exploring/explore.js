// The page of `snakemake explore`: what is pointed at, pinned, chosen and sorted. All pictures are
// drawn by Vega-Lite from the specifications in the page; names reach the page as text alone.
"use strict";
{
const study = JSON.parse(document.getElementById("study").textContent);
const MOST_PLANES = 24, MOST_ROWS = 200, MANY_MARKS = 3000;
const at = id => document.getElementById(id);
// Errors alone: that a size or a width says what a shape says as well is meant.
const SETTLED = { renderer: "svg", actions: false, logLevel: 1 };

// ---- Runs -------------------------------------------------------------------------------------
const names = Object.keys(study.runs);
const runs = study.runs.method.map((_, place) =>
  Object.fromEntries(names.map(name => [name, study.runs[name][place]])));
const setLabel = Object.fromEntries(study.sets.map(each => [each.name, each.label]));
const title = Object.fromEntries(study.methods.map(each => [each.name, each.title]));
const isOwn = run => run.kind !== "baseline";
const placeInSet = {};
for (const run of runs) {
  run.id = [run.method, run.setting, run.epoch, run.forget_set].join(" / ");
  run.path = run.mark === "pretrained" || run.mark === "oracle" ? ""
    : [run.method, run.kind, run.setting, run.forget_set].join(" / ");
  run.place = placeInSet[run.forget_set] = (placeInSet[run.forget_set] ?? -1) + 1;
  run.title = isOwn(run) ? `${title[run.method] ?? run.method}, ${run.setting}`
    : study.meanings[run.mark];
  run.name = `${run.title}, epoch ${run.epoch}, forget set ${setLabel[run.forget_set]}`;
}
const what = run => isOwn(run) ? study.meanings[run.mark] : "baseline";
const byId = new Map(runs.map(run => [run.id, run]));

// ---- What is shown, and the address that holds it ---------------------------------------------
const COLUMNS = [
  ["title", "Run"], ["what", "What it is"], ["forget_set", "Forget set"], ["epoch", "Epoch"],
  ...study.splits.map(split => [split, `P95 ${split}`]),
  ...study.splits.map(split => [`accuracy_${split}`, `Accuracy ${split}`]),
  ["relative_cost", "Work, %"], ["n_members", "Members"],
  ["n_nonfinite", "Not finite"],
];
const first = () => ({
  sets: study.sets.slice(0, 1).map(each => each.name),
  methods: study.methods.map(each => each.name),
  x: "forget", y: "validation", sort: "forget", falling: false, pins: [], image: "", all: false,
});
let state = first(), pointed = null, last = null, view = null, drawing = 0;

function read() {
  const found = new URLSearchParams(location.hash.slice(1)), fresh = first();
  const known = (list, all) => list.filter(name => all.some(each => each.name === name));
  if (found.has("set")) fresh.sets = known(found.getAll("set"), study.sets);
  if (found.has("method")) fresh.methods = known(found.getAll("method"), study.methods);
  for (const axis of ["x", "y"])
    if (study.splits.includes(found.get(axis))) fresh[axis] = found.get(axis);
  if (COLUMNS.some(([name]) => name === found.get("sort"))) fresh.sort = found.get("sort");
  fresh.falling = found.get("order") === "falling";
  fresh.pins = found.getAll("pin").filter(id => byId.has(id)).slice(0, 2);
  fresh.image = found.get("image") ?? "";
  state = fresh;
}

function write() {
  const usual = first(), query = new URLSearchParams();
  if (String(state.sets) !== String(usual.sets))
    for (const name of state.sets.length ? state.sets : [""]) query.append("set", name);
  if (String(state.methods) !== String(usual.methods))
    for (const name of state.methods.length ? state.methods : [""]) query.append("method", name);
  for (const name of ["x", "y", "sort"])
    if (state[name] !== usual[name]) query.append(name, state[name]);
  if (state.falling) query.append("order", "falling");
  for (const id of state.pins) query.append("pin", id);
  if (state.image) query.append("image", state.image);
  // A page within a report has no address of its own to write to.
  try { history.replaceState(null, "", `#${query}`); } catch { /* the view is not kept */ }
}

const isShown = run => state.sets.includes(run.forget_set)
  && (!isOwn(run) || state.methods.includes(run.method));

function sorted() {
  const value = run => state.sort === "what" ? what(run)
    : state.sort === "forget_set" ? study.sets.findIndex(each => each.name === run.forget_set)
    : run[state.sort];
  const sign = state.falling ? -1 : 1;
  return runs.filter(isShown).sort((one, two) => {
    const [a, b] = [value(one), value(two)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
  });
}

// ---- Small things -----------------------------------------------------------------------------
function make(tag, text, ...children) {
  const element = document.createElement(tag);
  if (text !== null && text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}
const number = (value, digits = 2) => value === null || value === undefined ? "" : value.toFixed(digits);
const short = value => value === null ? "" : Number((100 * value).toPrecision(3)).toString();
const interval = (run, split) => run[`${split}_low`] === null ? ""
  : ` [${number(run[`${split}_low`])}, ${number(run[`${split}_high`])}]`;
const row = (tag, cells) => make("tr", null, ...cells.map((cell, place) =>
  cell instanceof Node ? make("td", null, cell) : make(place && tag === "td" ? "td" : "th", cell)));
const score = (run, split) => make("span", number(run[split]), make("small", interval(run, split)));

// ---- Pull-downs -------------------------------------------------------------------------------
function choices(id, all, label, key) {
  const box = at(id), boxes = [];
  const every = (text, chosen) => {
    const button = make("button", text);
    button.type = "button";
    button.addEventListener("click", () => change({ [key]: chosen }));
    return button;
  };
  box.append(make("p", null, every("All", all.map(each => each.name)), " ", every("None", [])));
  for (const each of all) {
    const input = make("input");
    input.type = "checkbox";
    input.value = each.name;
    input.addEventListener("change", () =>
      change({ [key]: boxes.filter(one => one.checked).map(one => one.value) }));
    boxes.push(input);
    box.append(make("label", null, input, " ", label(each)));
  }
  return () => {
    for (const one of boxes) one.checked = state[key].includes(one.value);
    const shown = all.filter(each => state[key].includes(each.name)).map(label);
    at(`${id}-shown`).textContent = shown.length === all.length && all.length > 1 ? `all ${all.length}`
      : shown.length === 1 ? shown[0] : shown.length ? `${shown.length} of ${all.length}` : "none";
  };
}
const tick = [
  choices("sets", study.sets, each => each.label, "sets"),
  choices("methods", study.methods, each => each.title, "methods"),
  ...["x", "y"].map(axis => {
    const select = at(axis);
    for (const split of study.splits) select.append(make("option", `${split} set`));
    for (const [place, option] of [...select.options].entries()) option.value = study.splits[place];
    select.addEventListener("change", () => change({ [axis]: select.value }));
    return () => { select.value = state[axis]; };
  }),
];
for (const box of document.querySelectorAll(".choice")) {
  box.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    box.open = false;
    box.querySelector("summary").focus();
  });
  document.addEventListener("pointerdown", event => {
    if (!box.contains(event.target) && getComputedStyle(box.lastElementChild).position === "absolute")
      box.open = false;
  });
}

function change(what) {
  state = { ...state, ...what };
  if (pointed && !isShown(pointed)) pointed = null;
  write();
  show();
}

// ---- Planes -----------------------------------------------------------------------------------
function planeData() {
  const pairs = state.sets.flatMap(set => state.methods.map(method => [method, set]));
  const kept = pairs.slice(0, MOST_PLANES), data = [];
  for (const [method, set] of kept) {
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
      if (run.mark === "oracle")
        for (const axis of ["x", "y"]) values[`${axis}_floor`] = study.floors[set][state[axis]];
      data.push(values);
    }
  }
  return [data, kept.length, pairs.length];
}

async function drawPlanes() {
  const turn = ++drawing, [data, shown, wanted] = planeData(), box = at("planes");
  at("note").textContent = wanted === 0 ? "Nothing is shown: choose a forget set and a method."
    : shown < wanted ? `${shown} of ${wanted} planes are drawn: choose fewer forget sets or methods.` : "";
  if (!wanted) {
    view?.finalize();
    view = null;
    box.replaceChildren();
    return;
  }
  const room = box.clientWidth - 70, columns = Math.max(1, Math.min(shown, Math.floor(room / 235)));
  const side = Math.max(150, Math.min(380, Math.floor(room / columns) - 22));
  const spec = structuredClone(study.planes);
  spec.columns = columns;
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
  const line = (what, text, digits, scale = 1) => {
    const cells = pinned.map(text), numbers = pinned.map(run => scale * run[what[0]]);
    if (pinned.length === 2) cells.push(digits === null ? "" : number(numbers[1] - numbers[0], digits));
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
    line(["forget_set", "forget set"], run => setLabel[run.forget_set], null),
    ...study.splits.map(split => line([split, `P95 KLoM, ${split}`], run => score(run, split), 2)),
    ...study.splits.map(split => line([`accuracy_${split}`, `accuracy, ${split}`],
      run => number(run[`accuracy_${split}`], 3), 3)),
    line(["relative_cost", "work, % of one retraining"], run => short(run.relative_cost), 2, 100),
    line(["n_members", "members"], run => String(run.n_members), 0),
    line(["", ""], release, null));
  const more = pinned.length === 1 ? "Pin a second run to compare it with this one."
    : pinned[0]?.forget_set !== pinned[1]?.forget_set ? "These are runs on different forget sets, with oracles of their own."
    : "Both are scored against the same oracles: controls/ of the results has paired intervals.";
  at("compare").replaceChildren(make("p", more), make("div", null, table));
  at("compare").lastElementChild.className = "wide";
}

// ---- The images behind a run ------------------------------------------------------------------
const unpacked = {};
function block(set) {
  if (unpacked[set]) return unpacked[set];
  const about = study.behind[set], points = about.point.length, { members, places } = about;
  const [script] = [...document.querySelectorAll("script[data-set]")].filter(each => each.dataset.set === set);
  const bytes = Uint8Array.from(atob(script.textContent), letter => letter.charCodeAt(0));
  const rows = placeInSet[set] + 1, margins = 2 * members * points, measured = rows * points * 3;
  const floats = new Float32Array(bytes.buffer, 0, margins + measured);
  const Counts = members > 255 ? Uint16Array : Uint8Array;
  const counts = new Counts(bytes.buffer, 4 * (margins + measured));
  return unpacked[set] = {
    // Margins of the oracles (0) and of the pretrained members (1) on one image.
    margins: (which, image) => Array.from({ length: members },
      (_, member) => floats[(which * members + member) * points + image]),
    measured: (run, image) => floats.subarray(margins + (run * points + image) * 3).slice(0, 3),
    counts: (run, image) => counts.slice((run * points + image) * places, (run * points + image + 1) * places),
  };
}

const whose = () => state.pins.length ? state.pins.map(id => byId.get(id)).slice(-2) : [pointed ?? last ?? sorted()[0]].filter(run => run);

function behind() {
  const shown = whose(), run = shown.at(-1);
  at("images").replaceChildren();
  if (!run || !study.behind[run.forget_set]?.point.length) {
    at("whose").textContent = run ? "No image fits into the bound of this page: it has too many runs." : "";
    at("image").replaceChildren();
    at("histograms").replaceChildren();
    at("sums").replaceChildren();
    return;
  }
  const about = study.behind[run.forget_set], data = block(run.forget_set);
  at("whose").textContent = `${run.name}. Images by falling KLoM; the number under each is its KLoM. `
    + "Point at one, or focus it, to see the margins that KLoM is taken from.";
  const klom = about.point.map((_, image) => data.measured(run.place, image)[2]);
  for (const split of study.splits) {
    const images = about.point.map((_, image) => image).filter(image => about.split[image] === split)
      .sort((one, two) => (isNaN(klom[one]) - isNaN(klom[two])) || klom[two] - klom[one]);
    if (!images.length) continue;
    const worst = about.worst[`worst_${split}_klom`][run.place];
    const head = { forget: "Of the forget set", retain: "Worst of the retain set", validation: "Worst of the validation set" };
    const text = head[split] + (worst === null ? "" : `; the largest KLoM of all its points is ${number(worst)}`);
    const list = make("div", null, ...images.map(image => {
      const picture = make("img"), point = about.point[image];
      picture.src = `data:image/png;base64,${study.images[point]}`;
      picture.alt = `class ${about.label[image]}`;
      const button = make("button", null, picture, isNaN(klom[image]) ? "none" : number(klom[image]));
      button.type = "button";
      button.dataset.image = image;
      button.setAttribute("aria-label", `${split} image ${point} of class ${about.label[image]}, KLoM ${number(klom[image])}`);
      for (const event of ["pointerenter", "focus", "click"])
        button.addEventListener(event, () => look(split, point));
      return button;
    }));
    list.className = "images";
    const part = make("div", null, make("h3", `${text}.`), list);
    part.className = "split";
    at("images").append(part);
  }
  look();
}

function look(split, point) {
  const run = whose().at(-1), about = study.behind[run.forget_set];
  if (split) {
    if (state.image === `${split} ${point}`) return;
    state = { ...state, image: `${split} ${point}` };
    write();
  }
  const buttons = [...at("images").querySelectorAll("button")];
  const wanted = buttons.find(each => `${about.split[each.dataset.image]} ${about.point[each.dataset.image]}` === state.image)
    ?? buttons[0];
  for (const each of buttons) each.setAttribute("aria-pressed", each === wanted);
  const image = Number(wanted.dataset.image);
  drawHistograms(image);
}

function bars(run, image) {
  const data = block(run.forget_set), [low, high, klom] = data.measured(run.place, image);
  const counts = data.counts(run.place, image), bins = study.bins, step = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, place) => place === bins ? high : low + place * step);
  const width = step || 0.05, { members } = study.behind[run.forget_set];
  const binned = margins => {
    const found = new Array(bins).fill(0), out = { below: 0, above: 0 };
    for (const margin of margins)
      if (margin < low) out.below += 1;
      else if (margin > high) out.above += 1;
      else found[edges.slice(1, -1).filter(edge => margin >= edge).length] += 1;
    return [found, out];
  };
  const [oracle] = binned(data.margins(0, image)), [pretrained, out] = binned(data.margins(1, image));
  const unlearned = [...counts.slice(0, bins)], total = unlearned.reduce((sum, count) => sum + count, 0) + counts[bins];
  const rows = [], share = (count, all) => count / all;
  const add = (ensemble, found, all, term = false) => found.forEach((count, place) => rows.push({
    ensemble, low: low + place * width, high: low + (place + 1) * width, height: term ? count : share(count, all), term,
    description: `${ensemble}: ${number(term ? count : share(count, all), 3)} from margin ${number(edges[place])}`,
  }));
  const term = (count, q) => count ? count / total * Math.log(count / total / Math.max(q, 1e-5)) : 0;
  const titles = study.ensembles, beyond = (count, from, where) => count && rows.push({
    ensemble: titles.pretrained, low: from, high: from + width, height: count / members, term: false,
    description: `${titles.pretrained}: ${number(count / members, 3)} ${where} all bins`,
  });
  add(titles.pretrained, pretrained, members);
  beyond(out.below, low - 1.6 * width, "below");
  beyond(out.above, low + (bins + 0.6) * width, "above");
  add(titles.oracle, oracle, members);
  add(titles.unlearned, unlearned, total);
  if (study.sums)
    add(titles.terms, unlearned.map((count, place) => term(count, oracle[place] / members)), 1, true);
  const sum = unlearned.reduce((all, count, place) => all + term(count, oracle[place] / members), term(counts[bins], 0));
  return { rows, klom, sum, out, lost: counts[bins], members };
}

let looking = 0;
async function drawHistograms(image) {
  const turn = ++looking, shown = whose(), last = shown.at(-1), about = study.behind[last.forget_set];
  const point = about.point[image], boxes = [], texts = [];
  for (const run of shown) {
    const own = study.behind[run.forget_set];
    const place = own.point.findIndex((each, i) => each === point && own.split[i] === about.split[image]);
    const letter = state.pins.length === 2 ? `${"AB"[state.pins.indexOf(run.id)]}: ` : "";
    if (place < 0) { texts.push(`${letter}the page has no margins of this image on forget set ${setLabel[run.forget_set]}.`); continue; }
    const { rows, klom, sum, out, lost, members } = bars(run, place);
    let text = `${letter}KLoM ${isNaN(klom) ? "has no value" : number(klom)} under ${run.title}, epoch ${run.epoch}.`;
    if (study.sums) text += ` The lowest row adds up to ${number(sum - (lost ? lost / members * Math.log(lost / members / 1e-5) : 0))}.`;
    if (lost) text += ` ${lost} of ${members} unlearned margins are not finite: they are in a bin of their own, where no oracle is.`;
    if (out.below + out.above) text += ` ${out.below + out.above} of ${members} pretrained margins lie beyond the bins, drawn at their side.`;
    texts.push(text);
    const spec = structuredClone(study.histogram);
    spec.datasets = { bars: rows };
    if (letter) spec.title = { text: `${letter}${run.title}, epoch ${run.epoch}`, anchor: "start" };
    spec.spec.width = Math.max(180, Math.min(420, at("histograms").parentElement.clientWidth - 75));
    boxes.push(await vegaEmbed(make("div"), spec, SETTLED));
  }
  at("behind").classList.toggle("two", boxes.length > 1);
  if (turn !== looking) return boxes.forEach(each => each.finalize());
  const names = { forget: "of the forget set", retain: "of the retain set", validation: "of the validation set" };
  at("image").replaceChildren(
    make("h3", `Image ${point} ${names[about.split[image]]}, class ${about.label[image]}`));
  at("sums").replaceChildren(...texts.map(text => make("p", text)));
  at("histograms").replaceChildren(...boxes.map(each => each.view.container()));
}

// ---- The table --------------------------------------------------------------------------------
const heads = COLUMNS.map(([name, text]) => {
  const button = make("button", text), cell = make("th", null, button);
  button.type = "button";
  cell.scope = "col";
  button.addEventListener("click", () =>
    change({ sort: name, falling: state.sort === name && !state.falling }));
  return cell;
});
at("table").tHead.append(make("tr", null, ...heads));

function cells(run) {
  return COLUMNS.map(([name]) => {
    if (name === "what") return what(run);
    if (name === "forget_set") return setLabel[run.forget_set];
    if (study.splits.includes(name)) return score(run, name);
    if (name.startsWith("accuracy_")) return number(run[name], 3);
    return name === "relative_cost" ? short(run.relative_cost) : String(run[name] ?? "");
  });
}

function drawTable() {
  const shown = sorted(), kept = state.all ? shown : shown.slice(0, MOST_ROWS);
  heads.forEach((head, place) => head.setAttribute("aria-sort", COLUMNS[place][0] !== state.sort ? "none"
    : state.falling ? "descending" : "ascending"));
  at("table").tBodies[0].replaceChildren(...kept.map(run => {
    const [, ...rest] = cells(run), button = make("button", run.title);
    button.type = "button";
    const line = make("tr", null, make("td", null, button), ...rest.map(cell => make("td", null, cell)));
    line.dataset.id = run.id;
    button.addEventListener("click", () => pin(run));
    button.addEventListener("focus", () => point(run));
    line.addEventListener("pointerenter", () => point(run));
    return line;
  }));
  at("rows").textContent = `${shown.length} runs, those of the planes above; press a title to sort, `
    + "a run to pin it.";
  at("all").hidden = kept.length === shown.length;
  at("all").textContent = `${kept.length} of ${shown.length} rows are shown: show all`;
  markRows();
}

function markRows() {
  for (const line of at("table").tBodies[0].rows) {
    line.classList.toggle("pointed", line.dataset.id === pointed?.id);
    const place = state.pins.indexOf(line.dataset.id), button = line.cells[0].firstElementChild;
    line.classList.toggle("pinned", place >= 0);
    button.setAttribute("aria-pressed", place >= 0);
    button.textContent = (place >= 0 ? `${"AB"[place]}: ` : "") + byId.get(line.dataset.id).title;
  }
}

function csv() {
  const columns = [...names, ...study.splits.map(split => `floor_${split}`)];
  const cell = value => /[",\n\r]/.test(value ?? "") ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? "");
  const value = (run, name) => name.startsWith("floor_") ? study.floors[run.forget_set][name.slice(6)] : run[name];
  return [columns, ...sorted().map(run => columns.map(name => value(run, name)))]
    .map(line => line.map(cell).join(",")).join("\n") + "\n";
}

at("all").addEventListener("click", () => { state = { ...state, all: true }; drawTable(); });
at("copy").addEventListener("click", async () => {
  const text = csv();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the right to write to the clipboard: by a field that is selected, as of old.
    const field = make("textarea", text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  at("copied").textContent = `${sorted().length} runs copied.`;
});
at("reset").addEventListener("click", () => { pointed = last = null; change(first()); });

// ---- Begin ------------------------------------------------------------------------------------
function show() {
  for (const each of tick) each();
  drawTable();
  card();
  compare();
  behind();
  drawPlanes();
}
window.addEventListener("hashchange", () => { read(); show(); });
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width === window.innerWidth) return;
  width = window.innerWidth;
  drawPlanes();
});
read();
show();
}
