"""What a score is made of: drift of BatchNorm, ascent on top of it, ascent alone; a cell a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from unlearning.answer.controls import WIDE, diverged
from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.plane import SMALL, SPLITS, TEXT, tidy
from unlearning.study.method_names import method_name

TITLES = {
    "drift": "Drift alone",
    "ascent on drift": "Unlearning on top of drift",
    "ascent alone": "Unlearning alone, BatchNorm frozen",
}
COLOURS = sns.color_palette("vlag", as_cmap=True)
CELL_WIDTH, CELL_HEIGHT, SPACE, BETWEEN = 0.42, 0.235, 0.32, 0.78
"""Inches: a cell, between two panels, between two methods."""
NARROW = 12
"""Cells in a row that are wide enough for a number each."""
UNDECIDED = "0.5"
CROSS = "\N{MULTIPLICATION SIGN}"
LOST: dict[str, Any] = {"facecolor": "0.88", "edgecolor": "0.6", "linewidth": 0.4}
EDGE: dict[str, Any] = {"color": "black", "linewidth": 0.8}
COLUMNS = ["method", "forget_set", "split", "part", "epoch", "learning_rate"]
COLUMNS += ["forget_batch_size", "ascent_epochs"]
NUMBERS = ["difference", "low", "high"]


def draw(
    parts: pd.DataFrame, *, labels: dict[str, str], study: str, told: Sequence[str] = ()
) -> tuple[Figure, pd.DataFrame]:
    """Draw a heat map a part and method: forget sets and splits down, runs across.

    Parameters
    ----------
    parts : DataFrame
        What `unlearning.answer.controls.decompose` returned.
    labels : dict
        Forget set -> what a person calls it.
    study : str
        Name of the study, for the footnote.
    told : sequence of str
        Methods that are told the answer, whose names are marked.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        The parts that are drawn, with ``diverged``: members of either run did, so that the cell has
        a cross in place of a number, ``decided``: whether the interval leaves out 0, and ``wide``:
        whether it is wider than `WIDE`, as where one member's margin stretches all histograms.

    Raises
    ------
    ValueError
        If a column is missing, or there is no row.
    """
    require_columns(parts, [*COLUMNS, *NUMBERS, "n_members", "n_nonfinite"], "decomposition")
    if parts.empty:
        raise ValueError("decomposition has no row: no run has both of its controls.")
    drawn = parts[parts["part"].isin(list(TITLES))].reset_index(drop=True)
    drawn["diverged"] = diverged(drawn)
    drawn["decided"] = ((drawn["low"] > 0) | (drawn["high"] < 0)) & ~drawn["diverged"]
    drawn["wide"] = (drawn["high"] - drawn["low"] > WIDE) & ~drawn["diverged"]
    reach = float(np.ceil(drawn.loc[~drawn["diverged"], "difference"].abs().max()))
    reach = reach if reach > 0 else 1.0  # nan where every cell diverged
    norm = Normalize(-reach, reach)
    figure, crowded = new_figure(), False
    boxes: dict[Axes, Box] = {}
    bottom, widths = 0.0, dict.fromkeys(TITLES, 0.0)
    for method in list(drawn["method"].unique())[::-1]:
        own = drawn[drawn["method"] == method]
        sets = list(own["forget_set"].unique())
        for part in TITLES:
            axes = figure.add_axes((0, 0, 0.5, 0.5), label=f"{method}, {part}")
            columns = draw_panel(axes, own[own["part"] == part], sets, norm)
            crowded |= columns > NARROW
            width = columns * (CELL_WIDTH if columns <= NARROW else CELL_WIDTH / 2)
            boxes[axes] = (0.0, bottom, width, CELL_HEIGHT * len(sets) * len(SPLITS))
            widths[part] = max(widths[part], width)
        name_rows(list(boxes)[-len(TITLES) :], method_name(method, told), sets)
        bottom += CELL_HEIGHT * len(sets) * len(SPLITS) + BETWEEN
    left = 0.0
    for number, part in enumerate(TITLES):
        column = list(boxes)[number :: len(TITLES)]
        for axes in column:
            boxes[axes] = (left, *boxes[axes][1:])
        title = wrap(TITLES[part], widths[part] + SPACE)
        column[-1].annotate(title, (0, 1), (0, 16), xycoords="axes fraction",
                            textcoords="offset points", fontsize=TEXT)  # fmt: skip
        left += widths[part] + SPACE
    bar = figure.add_axes((0, 0, 0.5, 0.5))
    scale = figure.colorbar(ScalarMappable(norm, COLOURS), cax=bar)
    scale.set_label("Difference of P95 KLoM", fontsize=TEXT)
    scale.outline.set_linewidth(0.5)
    bar.tick_params(labelsize=SMALL + 1, width=0.5, length=2)
    height = bottom - BETWEEN
    boxes[bar] = (left - SPACE + 0.2, max(0.0, height / 2 - 1.4), 0.1, min(height, 2.8))
    members = int(drawn["n_members"].iloc[0])
    notes = [f"Study {study}", f"N = {members} members per ensemble"]
    notes += ["drift: the run at learning rate 0 less pretrained"]
    notes += ["on top: a run less that at learning rate 0", "alone: less pretrained"]
    notes += [f"forget set {labels.get(name, name)}" for name in drawn["forget_set"].unique()]
    marked = handles(crowded, bool(drawn["diverged"].any()), bool(drawn["wide"].any()))
    assemble(figure, boxes, [("", marked)], notes)
    return figure, drawn


def name_rows(panels: list[Axes], method: str, sets: list[str]) -> None:
    """Name the method and its forget sets left of its panels, and splits at the first alone."""
    beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points",
                              "rotation": 90, "ha": "center", "va": "center"}  # fmt: skip
    for place, name in enumerate(sets):
        middle = (0, 1 - (place + 0.5) / len(sets))
        panels[0].annotate(f"set {name}", middle, (-56, 0), fontsize=SMALL + 1, **beside)
    panels[0].annotate(method, (0, 0.5), (-74, 0), fontsize=TEXT, fontweight="bold", **beside)
    for axes in panels[1:]:
        axes.set_yticks([])


def draw_panel(axes: Axes, own: pd.DataFrame, sets: list[str], norm: Normalize) -> int:
    """Draw one heat map, its numbers bold where the interval leaves out 0; return its columns.

    Columns go by learning rate, forget batch size and ascent epochs, and last by epoch.
    """
    run = ["learning_rate", "forget_batch_size", "ascent_epochs", "epoch"]
    own = own.assign(**own[run].fillna(-1))
    wide: Any = own.pivot(
        index=["forget_set", "split"],
        columns=run,
        values=["difference", "decided", "diverged", "wide"],
    )
    wide = wide.reindex([(name, split) for name in sets for split in SPLITS])
    wide = wide.sort_index(axis=1)
    lost, decided, vague = (
        wide[name] == True  # noqa: E712
        for name in ("diverged", "decided", "wide")
    )
    values = wide["difference"].astype(float).mask(lost)
    narrow = len(values.columns) <= NARROW
    text = values.map(lambda value: f"{value:.1f}".replace("-0.0", "0.0"))
    if not narrow:
        text = decided.map(lambda is_decided: "" if is_decided else "·")
    sns.heatmap(values, ax=axes, cmap=COLOURS, norm=norm, cbar=False, linewidths=0.4, annot=text,
                fmt="", annot_kws={"fontsize": SMALL - 0.5})  # fmt: skip
    known = np.isfinite(values.to_numpy())  # seaborn writes nothing where there is no number
    marks = zip(axes.texts, decided.to_numpy()[known], vague.to_numpy()[known], strict=True)
    for label, is_decided, is_vague in marks:
        if is_decided:
            label.set_fontweight("bold")
        else:
            label.set_color(UNDECIDED)
        if is_vague and narrow:
            label.set_text(f"{label.get_text()}?")
    for row, column in np.argwhere(lost.to_numpy()):
        axes.add_patch(Rectangle((column, row), 1, 1, **LOST))
        axes.text(column + 0.5, row + 0.5, CROSS, fontsize=SMALL, ha="center", va="center")
    axes.hlines(np.arange(len(SPLITS), len(values), len(SPLITS)), *axes.get_xlim(), **EDGE)
    rates = values.columns.get_level_values("learning_rate").to_numpy()
    axes.vlines(np.flatnonzero(np.diff(rates)) + 1, *axes.get_ylim(), **EDGE)
    for rate in np.unique(rates):
        middle = np.flatnonzero(rates == rate).mean() + 0.5
        written = f"lr {rate:g}".replace("e-0", "e-")
        axes.text(middle, -0.15, written, fontsize=SMALL, ha="center", va="bottom")
    epochs, ascents = (values.columns.get_level_values(name) for name in ("epoch", "ascent_epochs"))
    ticks = [f"{epoch:g}" for epoch in epochs]
    if ascents.nunique() > 1:
        ticks = [f"{tick}\n{ascent:g}" for tick, ascent in zip(ticks, ascents, strict=True)]
    axes.set_xticks(np.arange(len(ticks)) + 0.5, ticks)
    axes.set_yticks(np.arange(len(values)) + 0.5, [split for _, split in values.index])
    further = ", and how many with ascent" * (ascents.nunique() > 1)
    axes.set_xlabel(f"epoch{further}", fontsize=SMALL + 1, labelpad=1)
    axes.set_ylabel("")
    tidy(axes)
    axes.tick_params(left=False, bottom=False, labelrotation=0)
    return len(values.columns)


def handles(crowded: bool, lost: bool, vague: bool) -> list[Artist]:
    """Say what bold and grey numbers, question marks, crosses, and dots in place of numbers are."""
    mark: dict[str, Any] = {"marker": "$1.2$", "markersize": 11, "linewidth": 0}
    mark["markeredgewidth"] = 0
    return [
        Line2D([], [], color="black", label="bold: the paired 95 % interval leaves out 0", **mark),
        Line2D([], [], color=UNDECIDED, label=f"grey{', or a dot' * crowded}: it holds 0", **mark),
        *([Line2D([], [], linewidth=0, label=f"?: wider than {WIDE:g} nats")] if vague else []),
        *([Patch(label=f"{CROSS}: members diverged", **LOST)] if lost else []),
    ]
