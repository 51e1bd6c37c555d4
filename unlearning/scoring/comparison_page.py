"""A study's scores beside published ones, as pages that people read."""

from collections.abc import Iterable
from html import escape
from typing import Any

import pandas as pd

from unlearning.html import document
from unlearning.scoring.comparison import ABSENT, CORRECTIONS, DIFFERS, WITHIN
from unlearning.scoring.rows import SPLITS
from unlearning.scoring.table1 import NAMES, sentence

METHODS = {
    "pretrained": "Pretrained",
    "ga": "Gradient ascent",
    "gda": "Gradient descent/ascent",
    "scrub": "SCRUB",
    "oracle_stopped": "Oracle stopped early",
}
STYLE = """
.sets { width: 100%; }
.sets td:first-child { width: 24em; }
td.ours, th.ours { padding-left: 1em; border-left: 1px solid #ddd; white-space: nowrap; }
td.other { white-space: nowrap; }
tr.floor td { color: #666; }
small { color: #666; }
sup { color: #666; font-size: 11px; line-height: 0; }
.differs { color: #c44601; font-weight: 600; }
.within { color: #0072b2; font-weight: 600; }
ol { list-style: lower-alpha; max-width: 46em; }
"""


def comparison_page(table: pd.DataFrame, *, study: str) -> str:
    """Write what `unlearning.scoring.comparison.compare` returned as one HTML page.

    Parameters
    ----------
    table : one row a published cell
    study : name

    Returns
    -------
    str
        A complete document that refers to nothing outside itself: a table a forget set, and a
        footnote for each reason why a published cell and ours may differ.
    """
    marked = {_name(note) for text in table["corrected"] for note in text.split("; ")}
    notes = [name for name in CORRECTIONS if name in marked]
    counts = table["verdict"].value_counts()
    tables = [
        f"<h2>Forget set {escape(str(name))}: {cells['size'].iloc[0]:,} points</h2>"
        f"{_forget_set(cells, notes)}"
        for name, cells in table.groupby("forget_set", sort=False)
    ]
    body = f"""<div class="about">
<p>P95 KLoM against the oracles, ours with its 95 % bootstrap interval over members, and the
published value: <span class="within">blue</span> where our interval contains it
({counts.get(WITHIN, 0)} of {len(table)} cells), <span class="differs">orange</span> where it does
not ({counts.get(DIFFERS, 0)}). {counts.get(ABSENT, 0)} cells are not in the study. The published
values vary by chance as ours do, without a stated interval, so that some lie outside where nothing
differs.</p>
<p>The floor is the score of a second oracle ensemble: no method can be told from retraining below
it. Under a run of ours stands the same cell of the control at learning rate 0. Letters mark what
else sets the two apart, and stand below.</p>
</div>
{"".join(tables)}
<h2>What else sets the two apart</h2>
<ol>{"".join(f"<li><b>{name}.</b> {CORRECTIONS[name]}.</li>" for name in notes)}</ol>"""
    return document(f"Beside the published scores: study {study}", body, STYLE)


def _name(note: str) -> str:
    return note.partition(":")[0]


def _row(cells: Iterable[str], kind: str = "") -> str:
    return f'<tr class="{kind}">{"".join(cells)}</tr>\n'


def _forget_set(cells: pd.DataFrame, notes: list[str]) -> str:
    heads = [f'<th class="ours">{split}, ours</th><th>published</th>' for split in SPLITS]
    floors = cells.groupby("split")["floor_p95"].first()
    floor = [f'<td class="ours">{_number(floors.get(split))}</td><td></td>' for split in SPLITS]
    members = cells["n_members"].dropna().unique()
    what = f"Floor at N = {members[0]}" if len(members) else "Floor"
    lines = [_row(["<th></th>", *heads]), _row([f"<td>{what}</td>", *floor], "floor")]
    for method, own in cells.groupby("method", sort=False):
        by_split = own.set_index("split")
        pairs = [_ours(by_split.loc[split]) + _theirs(by_split.loc[split]) for split in SPLITS]
        lines.append(_row([_method(str(method), own.iloc[0], notes), *pairs]))
    return f'<table class="sets">{"".join(lines)}</table>'


def _method(method: str, cell: Any, notes: list[str]) -> str:
    numbers = (notes.index(_name(note)) for note in cell["corrected"].split("; "))
    letters = [chr(ord("a") + number) for number in numbers]
    text = f"{escape(METHODS.get(method, method))}<sup> {' '.join(letters)}</sup>"
    if cell["published_setting"]:
        text += f"<br><small>published: {escape(cell['published_setting'])}</small>"
    if cell["setting"] and cell["chosen"] != "baseline":
        ours = cell["chosen"]
        if cell["setting"] != cell["published_setting"]:
            ours = f"{cell['setting']}<br>{ours}"
        text += f"<br><small>ours: {ours}</small>"
    return f"<td>{text}</td>"


def _number(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.2f}"


def _interval(cell: Any) -> str:
    return (
        f"{_number(cell['klom_p95'])} <small>[{_number(cell['klom_p95_low'])}, "
        f"{_number(cell['klom_p95_high'])}]</small>"
    )


def _ours(cell: Any) -> str:
    text = "" if pd.isna(cell["klom_p95"]) else _interval(cell)
    if pd.notna(cell["control_p95"]):
        text += f"<br><small>at lr 0: {_number(cell['control_p95'])}</small>"
    return f'<td class="ours">{text}</td>'


def _theirs(cell: Any) -> str:
    kind = {WITHIN: "within", DIFFERS: "differs"}.get(cell["verdict"], "")
    return f'<td class="other"><span class="{kind}">{_number(cell["published"])}</span></td>'


def table1_page(table: pd.DataFrame, *, study: str) -> str:
    """Write what `unlearning.scoring.table1.table1` returned as one HTML page.

    Parameters
    ----------
    table : one row a share, forget set and split
    study : name

    Returns
    -------
    str
        A complete document that refers to nothing outside itself: the table and what follows.
    """
    own = NAMES.get(table["dataset"].iloc[0], table["dataset"].iloc[0])
    others = [str(column) for column in table if str(column).startswith("published_")]
    names = [column.removeprefix("published_") for column in others]
    heads = ["forgotten", "split", "ours", "floor", f"published, {own}"]
    heads += [f"published, {NAMES.get(name, name)}" for name in names]
    lines = [_row(f"<th>{escape(text)}</th>" for text in heads)]
    for _, rows in table.groupby(["share", "forget_set"], sort=False):
        label = escape(rows["label"].iloc[0]) or "not in the study"
        share = f"{100 * rows['share'].iloc[0]:.3g} %<br><small>{label}</small>"
        first = f'<td rowspan="{len(rows)}">{share}</td>'
        for cell in rows.to_dict("records"):
            lines.append(_row([first, *_table1_cells(cell, ["published", *others])]))
            first = ""
    members = " and ".join(map(str, table["n_members"].dropna().unique()))
    body = f"""<div class="about">
<p>P95 KLoM of the pretrained ensemble against the oracles on {escape(own)}, N = {members}, with its
95 % bootstrap interval over members, in <b>bold</b> where the interval lies above the floor. The
floor is the score of a second oracle ensemble. N and architecture of the published scores are not
stated.</p>
</div>
<table>{"".join(lines)}</table>
<h2>Is such data degenerate for unlearning?</h2>
<p class="about">{escape(sentence(table))}</p>"""
    return document(f"Table 1: study {study}", body, STYLE)


def _table1_cells(cell: Any, published: list[str]) -> list[str]:
    text = "" if pd.isna(cell["klom_p95"]) else _interval(cell)
    if pd.notna(cell["above_floor"]) and cell["above_floor"]:
        text = f"<b>{text}</b>"
    values = [cell["split"], text, *(_number(cell[name]) for name in ("floor_p95", *published))]
    return [f"<td>{value}</td>" for value in values]
