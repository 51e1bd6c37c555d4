// The pull-downs.
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
  chosen();
  show();
}
