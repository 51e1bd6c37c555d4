// The table, its order, and its copy as CSV.
const heads = COLUMNS.map(([name, text]) => {
  const button = make("button", text), cell = make("th", null, button);
  button.type = "button";
  cell.scope = "col";
  // No other part of the page depends on the order.
  button.addEventListener("click", () => {
    state = { ...state, sort: name, falling: state.sort === name && !state.falling };
    chosen();
    drawTable();
  });
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
    // What scrolls under a pointer that lies still is not pointed at.
    for (const event of ["pointermove", "pointerdown"]) line.addEventListener(event, () => point(run));
    return line;
  }));
  const cut = kept.length < shown.length, left = state.sets.length - drawn().length;
  at("rows").textContent = `${shown.length} runs, those of the planes above`
    + (left ? " and of the forget sets that are not drawn" : "") + "; press a title to sort, a run to pin it."
    + (cut ? ` The first ${kept.length} in this order are shown.` : "");
  at("all").hidden = !cut;
  at("all").textContent = `Show all ${shown.length} rows`;
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

at("all").addEventListener("click", () => {
  const { rows } = at("table").tBodies[0], next = rows.length;
  state = { ...state, all: true };
  chosen();
  drawTable();
  // The button is gone: one reads on where the table ended.
  rows[next].querySelector("button").focus();
});
at("copy").addEventListener("click", async () => {
  const text = csv(), said = at("copied"), done = `${sorted().length} runs copied.`;
  at("by-hand")?.remove();
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = done;
    return;
  } catch { /* without the right to write to the clipboard: by a field that is selected, as of old */ }
  const field = make("textarea", text), close = () => { field.remove(); said.textContent = ""; at("copy").focus(); };
  field.id = "by-hand";
  field.readOnly = true;
  field.setAttribute("aria-label", "The runs as CSV");
  field.addEventListener("keydown", event => { if (event.key === "Escape") close(); });
  at("copied").parentElement.after(field);
  field.select();
  if (document.execCommand("copy")) {
    close();
    said.textContent = done;
  } else said.textContent = "This browser lets no page copy. The runs are selected below: copy them by Ctrl+C; Esc closes the field.";
});
at("reset").addEventListener("click", () => { pointed = null; change(first()); });
