// The address, which holds all that is shown.
const first = () => ({
  sets: study.sets.slice(0, 1).map(each => each.name),
  methods: study.methods.map(each => each.name),
  x: "forget", y: "validation", sort: "forget", falling: false, pins: [], image: "", all: false,
});
let state = first(), pointed = null, unknown = "";

const isOneOf = all => name => all.some(each => each.name === name);
const isSplit = name => study.splits.includes(name);
// Images are those of the forget set of the run that is shown, which has others than the next.
const hasImage = text => {
  const about = study.behind[whose().at(-1)?.forget_set];
  return Boolean(about?.point.some((point, image) => `${about.split[image]} ${point}` === text));
};
// Of each key: what it is called, how many there can be, and which of them the page has.
const KEYS = new Map(Object.entries({
  set: ["forget set", Infinity, isOneOf(study.sets)],
  method: ["method", Infinity, isOneOf(study.methods)],
  x: ["set across", 1, isSplit],
  y: ["set up", 1, isSplit],
  sort: ["column", 1, name => COLUMNS.some(([column]) => column === name)],
  order: ["order", 1, name => name === "falling"],
  rows: ["rows", 1, name => name === "all"],
  pin: ["run", 2, id => byId.has(id)],
  run: ["run pointed at", 1, id => byId.has(id) && isShown(byId.get(id))],
  image: ["image", 1, hasImage],
}));

function read() {
  const query = new URLSearchParams(location.hash.slice(1)), kept = new Map();
  state = first();
  pointed = null;
  const known = key => {
    const [, most, has] = KEYS.get(key);
    kept.set(key, [...new Set(query.getAll(key))].filter(has).slice(0, most));
    return kept.get(key);
  };
  // An empty name stands for none at all. What is chosen says which run can be pointed at, and this
  // which images there are.
  // Where all names are mistyped the first view stays.
  for (const [key, names] of [["set", "sets"], ["method", "methods"]]) {
    const found = known(key);
    if (found.length || query.getAll(key).includes("")) state[names] = found;
  }
  for (const axis of ["x", "y", "sort"]) state[axis] = known(axis)[0] ?? state[axis];
  state.falling = known("order").length > 0;
  state.all = known("rows").length > 0;
  state.pins = known("pin");
  pointed = byId.get(known("run")[0]) ?? null;
  state.image = known("image")[0] ?? "";
  // What the page does not have, or cannot show beside the rest, is said, and left out.
  const given = [...query].filter(([, value]) => value);
  const said = all => all.map(([key, value]) => `${KEYS.get(key)?.[0] ?? key} “${value}”`).join(", ");
  const absent = given.filter(([key, value]) => !KEYS.get(key)?.[2](value));
  const beyond = given.filter(([key, value]) => KEYS.get(key)?.[2](value) && !kept.get(key).includes(value));
  unknown = [
    absent.length ? `The address of this page names what it does not have, which is left out: ${said(absent)}.` : "",
    beyond.length ? `The address names more than is shown at once, which is left out: ${said(beyond)}.` : "",
  ].filter(text => text).join(" ");
  tellUnknown();
}

function address() {
  const usual = first(), query = new URLSearchParams();
  if (String(state.sets) !== String(usual.sets))
    for (const name of state.sets.length ? state.sets : [""]) query.append("set", name);
  if (String(state.methods) !== String(usual.methods))
    for (const name of state.methods.length ? state.methods : [""]) query.append("method", name);
  for (const name of ["x", "y", "sort"])
    if (state[name] !== usual[name]) query.append(name, state[name]);
  if (state.falling) query.append("order", "falling");
  if (state.all) query.append("rows", "all");
  for (const id of state.pins) query.append("pin", id);
  if (pointed) query.append("run", pointed.id);
  if (hasImage(state.image)) query.append("image", state.image);
  return `#${query}`;
}

// A page within a report has none of its own, or none that a person sees.
const HAS_ADDRESS = window === window.top && ["file:", "http:", "https:"].includes(location.protocol);
let waiting = null, written = -Infinity;
function write() {
  clearTimeout(waiting);
  waiting = null;
  written = performance.now();
  if (!HAS_ADDRESS) return;
  try { history.replaceState(null, "", address()); } catch { /* too many at once: the next one has all */ }
}
// Pointing goes fast, and a browser takes no more than a hundred addresses in half a minute.
const PAUSE = 400;
const writeSoon = () => { waiting ??= setTimeout(write, Math.max(0, written + PAUSE - performance.now())); };

// After a choice, which ends what was said of the address.
function chosen() {
  unknown = "";
  tellUnknown();
  write();
}

function tellUnknown() { at("unknown").textContent = unknown; }
