"""Tables of a page that a reader sorts by any column and narrows by some: HTML and its script."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import pandas as pd

#: A wide table scrolls in a box of its own, in which its titles stay.
STYLE = """
.scrolls { overflow: auto; max-height: 90vh; }
@media print { .scrolls { overflow: visible; max-height: none; } }
table.sortable { width: 100%; font-size: 13px; margin: 0; }
table.sortable th { position: sticky; top: 0; background: #fff; border-bottom: 1px solid #222;
                    vertical-align: bottom; padding: .2em .5em .2em 0; z-index: 1; }
table.sortable td { padding: .2em .5em .2em 0; }
table.sortable tr { background: #fff; }
table.sortable td:first-child { position: sticky; left: 0; background: inherit; }
table.sortable th:first-child { left: 0; z-index: 2; }
table.sortable th button { all: unset; cursor: pointer; font-weight: 600; }
table.sortable th button:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
table.sortable th button::after { content: " \\2195"; color: #999; }
table.sortable th[aria-sort="ascending"] button::after { content: " \\2191"; color: #222; }
table.sortable th[aria-sort="descending"] button::after { content: " \\2193"; color: #222; }
.narrow label { display: inline-block; margin-right: 1.2em; }
.narrow select { max-width: 90vw; }
.caption { color: #555; font-size: 13px; max-width: 60em; margin: .3em 0; }
"""

#: Empty cells stay last in both directions; rows that are equal keep their order.
SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const rising = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const rows = [...body.rows].sort((one, two) => {
      const [a, b] = [one, two].map(row => row.cells[column].dataset.value);
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = head.dataset.kind === "number" ? a - b : a.localeCompare(b);
      return rising ? order : -order;
    });
    body.append(...rows);
  }));
  const choices = [...document.querySelectorAll(`select[data-table="${table.id}"]`)];
  const narrow = () => {
    for (const row of body.rows) row.hidden = choices.some(choice =>
      choice.value !== "" && row.cells[choice.dataset.column].dataset.value !== choice.value);
  };
  for (const choice of choices) {
    choice.addEventListener("change", narrow);
    choice.closest("p").hidden = false;
  }
  narrow();
}
"""


class Column(NamedTuple):
    """A column: its title, whether it is sorted as numbers, and what it means."""

    title: str
    number: bool = False
    meaning: str = ""


class Cell(NamedTuple):
    """A cell: what it is sorted by (None where it is empty, and stays last), and its HTML."""

    value: float | str | None
    html: str = ""


class Narrowed(NamedTuple):
    """A column by which rows can be left out, and the value that is shown at first."""

    column: str
    first: str = ""


def _value(cell: Cell) -> str:
    if cell.value is None or (isinstance(cell.value, float) and pd.isna(cell.value)):
        return ""
    return escape(f"{cell.value:.9g}" if isinstance(cell.value, float | int) else cell.value)


def sortable(
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[str, Sequence[Cell]]],
    narrowed: Sequence[Narrowed] = (),
) -> str:
    """Return a table that sorts where the page has `SCRIPT`, and shows all where it has not run.

    Titles are buttons, which a keyboard reaches and presses; what a column is sorted by is said to
    screen readers as well.

    Parameters
    ----------
    name : of the table on its page
    caption : what it is, as text
    columns : from left to right
    rows : class and cells of each
    narrowed : columns with a choice of values above the table
    """
    heads = "".join(
        f'<th scope="col" aria-sort="none" data-kind="{"number" if each.number else "text"}">'
        f'<button type="button" title="{escape(each.meaning)}">{escape(each.title)}</button></th>'
        for each in columns
    )
    lines = [
        f'<tr class="{kind}">'
        + "".join(
            f'<td data-value="{_value(cell)}">{cell.html or escape(str(cell.value or ""))}</td>'
            for cell in cells
        )
        + "</tr>"
        for kind, cells in rows
    ]
    titles = [column.title for column in columns]
    choices = []
    for column, first in narrowed:
        place = titles.index(column)
        values = list(dict.fromkeys(_value(cells[place]) for _, cells in rows))
        options = ['<option value="">all</option>']
        options += [
            f'<option{" selected" * (value == first)} value="{value}">{value}</option>'
            for value in values
        ]
        choices.append(
            f'<label>{escape(column)} <select data-table="{name}" data-column="{place}">'
            f"{''.join(options)}</select></label>"
        )
    above = f'<p class="narrow" hidden>{"".join(choices)}</p>' if choices else ""
    body = "\n".join(lines)
    return (
        f'{above}<p class="caption" id="{name}-caption">{escape(caption)}</p>'
        f'<div class="scrolls"><table class="sortable" id="{name}" '
        f'aria-labelledby="{name}-caption">'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )
