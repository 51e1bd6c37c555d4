// The runs, what of them is shown, and the address that holds it. Names reach the page as text alone.
const study = JSON.parse(document.getElementById("study").textContent);
const MOST_PLANES = 36, MOST_ROWS = 200, MANY_MARKS = 3000;
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
let state = first(), pointed = null, last = null, view = null, drawing = 0, unknown = [];

function read() {
  const found = new URLSearchParams(location.hash.slice(1)), fresh = first();
  const named = all => name => all.some(each => each.name === name);
  const isImage = text => study.splits.includes(text.split(" ")[0]) && text.split(" ")[1] in study.images;
  const allowed = {
    set: ["forget set", named(study.sets)], method: ["method", named(study.methods)],
    x: ["set across", name => study.splits.includes(name)], y: ["set up", name => study.splits.includes(name)],
    sort: ["column", name => COLUMNS.some(([column]) => column === name)],
    order: ["order", name => name === "falling"], pin: ["run", id => byId.has(id)], image: ["image", isImage],
  };
  // What the page does not have is said, and left out. An empty name stands for none at all.
  unknown = [...found].filter(([key, value]) => value && !allowed[key]?.[1](value))
    .map(([key, value]) => `${allowed[key]?.[0] ?? key} “${value}”`);
  const known = key => found.getAll(key).filter(allowed[key][1]);
  if (found.has("set")) fresh.sets = known("set");
  if (found.has("method")) fresh.methods = known("method");
  for (const axis of ["x", "y", "sort"]) fresh[axis] = known(axis)[0] ?? fresh[axis];
  fresh.falling = known("order").length > 0;
  fresh.pins = [...new Set(known("pin"))].slice(0, 2);
  fresh.image = known("image")[0] ?? "";
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
  unknown = [];
  tellUnknown();
  // A page within a report has no address of its own to write to.
  try { history.replaceState(null, "", `#${query}`); } catch { /* the view is not kept */ }
}

function tellUnknown() {
  at("unknown").textContent = unknown.length
    ? `The address of this page names what it does not have, which is left out: ${unknown.join(", ")}.` : "";
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
