"""How far runs that are chosen without the oracles land from the oracle's choice."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from unlearning.artifacts.tables import require_columns
from unlearning.figures.bands import AS_TABLED, tall
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.theme import BAND, BLUE, GREEN, ORANGE, TEXT, tidy
from unlearning.study.method_names import method_name

RULES = {
    "accuracy": (BLUE, "o", "forget accuracy = validation accuracy"),
    "loss": (ORANGE, "s", "forget loss = validation loss"),
    "budget": (GREEN, "^", "a fixed budget"),
    "random": ("0.35", "D", "a run at random, mean"),
    "nothing": ("black", "x", "nothing: the pretrained models"),
}
SPLITS = {"forget": "forget set", "validation": "validation set", "average": "average of all three"}
DODGE = 0.62
"""Of the distance of two forget sets: what the marks of one are spread over."""
HEIGHT, GAP = 1.3, (0.16, 0.16)
NARROW = 5
"""Characters of a forget set's name that have room beneath its marks."""
COLUMNS = ["forget_set", "method", "rule", "split", "n_members", "runs", "spread_low"]
COLUMNS += ["spread_high", "regret", "regret_low", "regret_high"]


def draw(
    table: pd.DataFrame, *, labels: dict[str, str], study: str, told: Sequence[str] = ()
) -> tuple[Figure, pd.DataFrame]:
    """Draw the regret of each rule: a column of panels a method, a row forget, validation, average.

    Parameters
    ----------
    table : DataFrame
        Rows of `unlearning.answer.selection_table.select`.
    labels : dict
        A person's name of each forget set, in their order.
    study : str
        Name of the study, for the footnote.
    told : sequence of str
        Methods that are told the answer, whose names are marked.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        The rows that are drawn.

    Raises
    ------
    ValueError
        When a column or a rule is missing.
    """
    require_columns(table, COLUMNS, "selection")
    missing = set(RULES) - set(table["rule"])
    if missing:
        raise ValueError(f"selection lacks the rule(s) {', '.join(sorted(missing))}.")
    drawn = table[table["rule"].isin(list(RULES)) & table["split"].isin(list(SPLITS))]
    drawn = drawn.reset_index(drop=True)
    methods = list(dict.fromkeys(drawn["method"]))
    width = max(1.5, 0.42 * len(labels))
    slanted = max(map(len, labels)) > NARROW
    reach = (
        drawn[["regret_low", "spread_low"]].min().min(),
        drawn[["regret_high", "spread_high"]].max().max(),
    )
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    for row, (split, name) in enumerate(SPLITS.items()):
        for column, method in enumerate(methods):
            axes = figure.add_axes((0, 0, 0.5, 0.5))
            axes.set_label(f"{method}: {split}")
            here = drawn[(drawn["method"] == method) & (drawn["split"] == split)]
            _draw_panel(axes, here, list(labels))
            margin = 0.04 * (reach[1] - reach[0])
            axes.set(ylim=(reach[0] - margin, reach[1] + margin), xlabel="", ylabel="")
            axes.tick_params(labelleft=column == 0, labelbottom=row == len(SPLITS) - 1)
            if slanted:
                for label in axes.get_xticklabels():
                    label.set(rotation=30, ha="right", rotation_mode="anchor")
            if row == 0:
                axes.set_title(wrap(method_name(method, told), width), fontsize=TEXT)
            if column == 0:
                axes.set_ylabel(wrap(name, HEIGHT), fontsize=TEXT)
            bottom = (len(SPLITS) - 1 - row) * (HEIGHT + GAP[1])
            boxes[axes] = (column * (width + GAP[0]), bottom, width, HEIGHT)
    size = len(methods) * (width + GAP[0]) - GAP[0], len(SPLITS) * (HEIGHT + GAP[1]) - GAP[1]
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("Forget set", fontsize=TEXT, labelpad=36 if slanted else 17)
    text = "P95 KLoM, less that of the oracle's choice"
    frame.set_ylabel(text, fontsize=TEXT, labelpad=46)
    boxes[frame] = (0, 0, *size)
    notes = [f"Study {study}", f"N = {int(drawn['n_members'].max())} members per ensemble"]
    notes += ["; ".join(labels.values())] if len(labels) < 5 else []
    assemble(figure, boxes, [("Chosen by", _legend())], notes)
    return figure, drawn


def _draw_panel(axes: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    """Draw the marks of one method and split, and behind them the spread over all its runs."""
    places = {name: place for place, name in enumerate(names)}
    at_random = rows[rows["rule"] == "random"]
    axes.bar(
        at_random["forget_set"].map(places), at_random["spread_high"] - at_random["spread_low"],
        bottom=at_random["spread_low"], width=DODGE + 0.2, **BAND,
    )  # fmt: skip
    axes.axhline(0, color="0.2", linewidth=0.8, zorder=0.5)
    seaborn.pointplot(
        tall(rows, "regret"), x="forget_set", y="regret", hue="rule", order=names,
        hue_order=list(RULES), palette=[colour for colour, _, _ in RULES.values()],
        markers=[marker for _, marker, _ in RULES.values()], dodge=DODGE, linestyle="none",
        markersize=4, markeredgewidth=1, err_kws={"linewidth": 1}, ax=axes, **AS_TABLED,
    )  # fmt: skip
    axes.set_xlim(-0.5, len(names) - 0.5)
    tidy(axes)


def _legend() -> list[Artist]:
    """Return an entry for each rule, and for the spread."""
    marked: dict[str, Any] = {"markersize": 5, "linewidth": 1}
    handles: list[Artist] = [
        Line2D([], [], color=colour, marker=marker, label=label, **marked)
        for colour, marker, label in RULES.values()
    ]
    handles.append(Patch(label="5 to 95 % of all runs", **BAND))
    handles.append(Line2D([], [], color="0.2", linewidth=0.8, label="the oracle's choice"))
    return handles
