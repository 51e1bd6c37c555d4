"""The league as a page: what it comes to, its figure, and tables that sort by any column."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from unlearning.html import document
from unlearning.league import sorting
from unlearning.league.equal_cost import VERDICTS
from unlearning.league.excess import MEASURES
from unlearning.league.sorting import Cell, Column, Narrowed, sortable
from unlearning.study.league import BEST
from unlearning.study.method_names import OURS, THEIRS, TOLD, TOLD_MEANS, method_name

#: Of the columns that count each of the verdicts.
TITLES = ("Better", "Not told", "Nothing as cheap", "Worse")
WHERE = {"forget": "Forget", "retain": "Retain", "validation": "Validation", "worst": "Worst"}
STYLE = """
body { max-width: 88em; }
small { color: #666; white-space: nowrap; }
.diverged { color: #b03a00; white-space: nowrap; }
figure { margin: 1.2em 0; }
figure img { max-width: 100%; }
figcaption { max-width: 60em; }
tr.baseline td { color: #666; font-style: italic; }
tr.told td:first-child, tr.told td:nth-child(2) { color: #b03a00; }
table.sortable tr.theirs { background: #f1f6fa; }
.better { color: #0072b2; font-weight: 600; }
.worse { color: #b03a00; }
"""
MEANING = """<p>Excess is P95 KLoM less the noise floor (a second oracle ensemble), in nats, on the
forget, the retain and the validation set; <em>worst</em> is the largest of the three.
A budget, and a cost, is in units of one full retraining, by sample gradients; within
a budget is a run that costs no more on any forget set. Runs are chosen by each rule
among those within the budget: <em>oracle_worst</em> is the smallest excess on
the worst split, <em>oracle</em> the smallest mean of the three scores, both of which only
oracles can tell; <em>accuracy</em> and <em>loss</em> go by forget
and validation set, <em>budget</em> takes the longest run of the middle learning rate,
<em>random</em> any. Ranks are by the worst split, 1 the best, means over forget sets.
Brackets are 95 % intervals.</p>
<p><em>Equal cost</em>: <span class="better">better</span> is told to be better, with
the whole paired interval, than every retraining that was stopped at no more cost and
than the cheapest that costs no less; <span class="worse">worse</span> is told to be
worse than the dearest that costs no more; <em>nothing as cheap</em>: no retraining is
stopped so soon. Many rows are judged at once: of a hundred intervals five miss.</p>"""


def league_page(
    standings: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    study: str,
    about: str,
    labels: Mapping[str, str],
    finding: str,
    picture: bytes,
    merged: Sequence[str],
    left_out: Sequence[str] = (),
) -> str:
    """Write a league as one HTML page.

    Parameters
    ----------
    standings : what `ranks.standings` returned
    chosen : the table of what was chosen, of all sources
    study : its name
    about : the study in one sentence
    labels : a person's name of each forget set
    finding : what the league comes to, in one sentence
    picture : the figure, as PNG
    merged : what is to be said of other groups' records, a sentence each
    left_out : why methods of the study are not in it, a sentence each

    Returns
    -------
    str
        A complete document that refers to nothing outside itself.
    """
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    said = [*merged, *(f"Left out: {text}" for text in left_out)]
    notes = "".join(f"<li>{escape(text)}</li>" for text in said)
    marks = []
    if standings["told"].any():
        marks.append(f"{TOLD_MEANS}.")
    if merged:
        marks.append(f"{THEIRS} is another group's, from its own members.")
    body = f"""<div class="about"><p><b>{escape(finding)}</b></p><p>{escape(about)}</p>{MEANING}
<p>{escape(" ".join(marks))}</p>{f"<ul>{notes}</ul>" if notes else ""}</div>
<figure><img src="{source}" alt="{escape(finding)}"></figure>
<h2>Methods over all forget sets</h2>
{_standings(standings)}
<h2>Every forget set</h2>
{_chosen(chosen, labels)}
<script>{sorting.SCRIPT}</script>"""
    return document(f"The league: {study}", body, STYLE + sorting.STYLE)


def entry_name(row: Mapping[Any, Any]) -> str:
    """Return the name of an entry with its marks."""
    marks = f" {TOLD}" * bool(row["told"]) + f" {THEIRS}" * (row["source"] != OURS)
    return method_name(row["method"]) + marks


def _kind(row: Mapping[Any, Any]) -> str:
    kinds = {"baseline": row["baseline"], "told": row["told"], "theirs": row["source"] != OURS}
    return " ".join(name for name, holds in kinds.items() if holds)


def _text(value: str) -> Cell:
    return Cell(value, escape(value))


def _number(value: Any, text: str = "{:.2f}") -> Cell:
    return Cell(None) if pd.isna(value) else Cell(float(value), text.format(value))


def _interval(row: Mapping[Any, Any], name: str, text: str = "{:.2f}") -> Cell:
    value = row.get(name)
    if pd.isna(value):
        return Cell(None)
    low, high = (text.format(row[f"{name}_{end}"]) for end in ("low", "high"))
    return Cell(float(value), f"{text.format(value)} <small>[{low}, {high}]</small>")


def _first(row: Mapping[Any, Any]) -> list[Cell]:
    return [
        _text(entry_name(row)),
        _text(row["source"]),
        Cell(f"{row['budget']:g}"),
        _text(row["rule"]),
    ]


FIRST = [
    Column("Method"),
    Column("Of", meaning="this study, or another group's study and file"),
    Column("Budget", number=True, meaning="of one retraining"),
    Column("Chosen by", meaning="the rule that chose the run within the budget"),
]


GIVEN = Column("Given", True, "retrainings that went into what it is given, once; not in the cost")


def _excess_columns(what: str) -> list[Column]:
    return [Column(WHERE[name], True, f"{what}: P95 KLoM less the floor") for name in MEASURES]


def _shown(table: pd.DataFrame) -> list[Narrowed]:
    rules = list(dict.fromkeys(table["rule"]))
    first = BEST if BEST in rules else ""
    return [Narrowed("Budget", f"{table['budget'].max():g}"), Narrowed("Chosen by", first)]


def _standings(table: pd.DataFrame) -> str:
    columns = [
        *FIRST,
        Column("Mean rank", True, "95 % interval over members and forget sets"),
        Column("over members", True, "width of the interval of the rank over members alone"),
        Column("over sets", True, "width of the interval of the rank over forget sets alone"),
        *_excess_columns("mean over forget sets"),
        Column("Cost", True, "mean over forget sets, of one retraining"),
        GIVEN,
        *(
            Column(title, True, f"forget sets with this verdict against equal cost: {verdict}")
            for title, verdict in zip(TITLES, VERDICTS, strict=True)
        ),
        Column("Diverged", True, "forget sets on which weights of the run are no longer finite"),
    ]
    rows = []
    for row in table.to_dict("records"):
        cells = [*_first(row), _interval(row, "rank")]
        for name in ("rank_members", "rank_sets"):
            low, high = (row.get(f"{name}_{end}", np.nan) for end in ("low", "high"))
            text = f"[{low:.2f}, {high:.2f}]" if pd.notna(low) else ""
            cells.append(Cell(high - low, f"<small>{text}</small>"))
        cells += [_interval(row, f"excess_{name}") for name in MEASURES]
        cells += [_number(row.get(name), "{:.3g}") for name in ("relative_cost", "given_cost")]
        cells += [_number(row.get(name), "{:.0f}") for name in (*VERDICTS, "diverged")]
        rows.append((_kind(row), cells))
    caption = (
        "A row a method, budget and rule; click a title, or press it, to sort. Two columns hold "
        "intervals alone, and are sorted by their width."
    )
    return sortable("standings", caption, columns, rows, _shown(table))


def _diverged(row: Mapping[Any, Any]) -> str:
    """Say how many of the runs of a row have diverged: of one run, that it has."""
    count = row["diverged"]
    if count == 0:
        return ""
    how_many = f"{count:.0f} of {row['runs']:.0f} " if pd.isna(row["setting"]) else ""
    return f' <span class="diverged">{how_many}diverged</span>'


def _chosen(table: pd.DataFrame, labels: Mapping[str, str]) -> str:
    columns = [
        *FIRST,
        Column("Forget set"),
        Column("Run", meaning="setting and epoch; at random the mean of all"),
        Column("Cost", True, "of one retraining"),
        GIVEN,
        *_excess_columns("of the run"),
        Column("Worst on", meaning="the split that is farthest above the floor"),
        Column("Equal cost", meaning="against retraining that is stopped early"),
        Column("Ahead", True, "nats below the retraining that decides, on the worst split"),
        Column("of epoch", True, "at which that retraining was stopped"),
        Column("Front", meaning="whether no run on this forget set is better in cost and excess"),
    ]
    rows = []
    for row in table.to_dict("records"):
        named = pd.notna(row["setting"])
        run = f"{row['setting']}, epoch {row['epoch']:.0f}" if named else "any of them"
        verdict = "" if pd.isna(row["equal_cost"]) else str(row["equal_cost"])
        cells = [
            *_first(row),
            _text(labels[row["forget_set"]]),
            Cell(run, escape(run) + _diverged(row)),
            *(_number(row[name], "{:.3g}") for name in ("relative_cost", "given_cost")),
            *(_interval(row, f"excess_{name}") for name in MEASURES),
            _text(row["worst_split"]),
            Cell(verdict, f'<span class="{escape(verdict)}">{escape(verdict)}</span>'),
            _interval(row, "ahead"),
            _number(row["stopped_epoch"], "{:.0f}"),
            _text("on the front" if pd.notna(row["front"]) and row["front"] else ""),
        ]
        rows.append((_kind(row), cells))
    caption = "A row a method, forget set, budget and rule; one forget set at first."
    one = Narrowed("Forget set", next((labels[name] for name in table["forget_set"]), ""))
    return sortable("chosen", caption, columns, rows, [*_shown(table), one])
