// On paper: a row of planes is cut out of the drawing, and stays whole where it fits on a page.
function rowsOfPlanes() {
  const { top } = view.padding(), [, y] = view.origin(), tops = new Map();
  const within = (group, y) => {
    for (const mark of group.items.filter(each => each.marktype === "group"))
      for (const item of mark.items)
        if (mark.name === "cell") tops.set(item.y, Math.min(tops.get(item.y) ?? Infinity, y + item.bounds.y1));
        else within(item, y + item.y);
  };
  within(view.scenegraph().root.items[0], top + y);
  // The first row begins with the drawing, the last has the legend.
  return [0, ...[...tops.values()].sort((one, two) => one - two).slice(1)];
}

// The size that it was drawn in, whatever it is shown in.
function drawnSize(drawing) {
  if (drawing.localName === "canvas")
    return ["width", "height"].map(side => parseFloat(drawing.style[side]) || drawing[side]);
  const { width, height } = drawing.viewBox.baseVal;
  return [width, height];
}

function cutOut(drawing, from, to) {
  const [width] = drawnSize(drawing), part = drawing.cloneNode(drawing.localName === "svg");
  if (drawing.localName === "svg") {
    part.setAttribute("viewBox", `0 ${from} ${width} ${to - from}`);
    part.setAttribute("height", to - from);
  } else {
    const ratio = drawing.width / width;
    part.height = (to - from) * ratio;
    part.style.height = `${to - from}px`;
    part.getContext("2d").drawImage(drawing, 0, -from * ratio);
  }
  return part;
}

window.addEventListener("beforeprint", () => {
  const drawing = view && at("planes").querySelector("svg, canvas");
  if (!drawing) return;
  const tops = rowsOfPlanes(), [, end] = drawnSize(drawing);
  at("paper").replaceChildren(...tops.map((top, row) => cutOut(drawing, top, tops[row + 1] ?? end)));
});
window.addEventListener("afterprint", () => at("paper").replaceChildren());
