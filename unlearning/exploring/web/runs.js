// The runs, and which of them are shown. Names reach the page as text alone.
const study = JSON.parse(document.getElementById("study").textContent);
const { runs: columns, worst } = JSON.parse(new TextDecoder().decode(scores));
const MOST_PLANES = 36, MOST_ROWS = 200, MANY_MARKS = 3000;
const at = id => document.getElementById(id);
// Errors alone: that a size or a width says what a shape says as well is meant.
const SETTLED = { renderer: "svg", actions: false, logLevel: 1 };

// ---- Runs -------------------------------------------------------------------------------------
const names = Object.keys(columns);
const runs = columns.method.map((_, place) =>
  Object.fromEntries(names.map(name => [name, columns[name][place]])));
const setLabel = Object.fromEntries(study.sets.map(each => [each.name, each.label]));
const title = Object.fromEntries(study.methods.map(each => [each.name, each.title]));
const isOwn = run => run.kind !== "baseline";
const placeInSet = new Map();
for (const run of runs) {
  run.id = [run.method, run.setting, run.epoch, run.forget_set].join(" / ");
  run.path = run.mark === "pretrained" || run.mark === "oracle" ? ""
    : [run.method, run.kind, run.setting, run.forget_set].join(" / ");
  run.place = (placeInSet.get(run.forget_set) ?? -1) + 1;
  placeInSet.set(run.forget_set, run.place);
  run.title = isOwn(run) ? `${title[run.method] ?? run.method}, ${run.setting}`
    : study.meanings[run.mark];
  run.name = `${run.title}, epoch ${run.epoch}, forget set ${setLabel[run.forget_set]}`;
}
const what = run => isOwn(run) ? study.meanings[run.mark] : "baseline";
const byId = new Map(runs.map(run => [run.id, run]));

// ---- What of them is shown ---------------------------------------------------------------------
const COLUMNS = [
  ["title", "Run"], ["what", "What it is"], ["forget_set", "Forget set"], ["epoch", "Epoch"],
  ...study.splits.map(split => [split, `P95 ${split}`]),
  ...study.splits.map(split => [`accuracy_${split}`, `Accuracy ${split}`]),
  ["relative_cost", "Work, %"], ["n_members", "Members"],
  ["n_nonfinite", "Not finite"],
];
const isShown = run => state.sets.includes(run.forget_set)
  && (!isOwn(run) || state.methods.includes(run.method));

// A learning rate of 2 comes before one of 10, and 0.0005 before 0.001: numbers in names are numbers.
const parted = new Map();
function parts(text) {
  if (!parted.has(text)) parted.set(text, text.split(/(\d+(?:\.\d+)?(?:e[-+]?\d+)?)/));
  return parted.get(text);
}
function order(one, two) {
  const [a, b] = [parts(one), parts(two)];
  for (let place = 0; place < Math.min(a.length, b.length); place++) {
    const apart = place % 2 ? a[place] - b[place] : a[place].localeCompare(b[place]);
    if (apart) return apart;
  }
  return a.length - b.length;
}

function sorted(by = state.sort, falling = state.falling) {
  const value = run => by === "what" ? what(run)
    : by === "forget_set" ? study.sets.findIndex(each => each.name === run.forget_set) : run[by];
  const sign = falling ? -1 : 1;
  return runs.filter(isShown).sort((one, two) => {
    const [a, b] = [value(one), value(two)];
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (typeof a === "number" ? a - b : order(a, b));
  });
}

// Whose images are shown: of the pinned runs, else of the one pointed at, else of the method's run of
// the lowest score.
const whose = () => {
  if (state.pins.length) return state.pins.map(id => byId.get(id)).filter(run => run);
  const all = pointed ? [pointed] : sorted("forget", false);
  return [all.find(isOwn) ?? all[0]].filter(run => run);
};

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
