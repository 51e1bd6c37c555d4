// The table, its order, and its copy as CSV.
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
