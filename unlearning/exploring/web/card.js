// Pointing and pinning: what is said of a run, and of two.
function point(run) {
  if (run === pointed) return;
  pointed = run;
  writeSoon();
  signal();
  card();
  markRows();
  if (!state.pins.length) behind();
}

function pin(run) {
  const pins = state.pins.includes(run.id) ? state.pins.filter(id => id !== run.id)
    : [...state.pins, run.id].slice(-2);
  state = { ...state, pins };
  chosen();
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
    if (a.diverged || b.diverged) return "diverged: no interval";
    if (a[`${name}_low`] === null || b[`${name}_low`] === null) return "";
    return a[`${name}_high`] < b[`${name}_low`] || b[`${name}_high`] < a[`${name}_low`]
      ? "intervals apart" : "intervals overlap";
  };
  const release = run => {
    const button = make("button", "let go");
    button.type = "button";
    button.setAttribute("aria-label", `let go of ${run.name}`);
    // The button goes with the run: the focus is the next one's, else the planes'.
    button.addEventListener("click", () => {
      pin(run);
      (at("compare").querySelector("button") ?? at("planes")).focus();
    });
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
