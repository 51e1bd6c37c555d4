"""Lemma 1 against the ensembles: gaps between two accuracies on random forget sets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, footnote, new_figure, wrap
from unlearning.figures.plane import APART, MARKS, MEANINGS, STILL, is_coloured
from unlearning.figures.theme import BAND, COLOURS, DIVERGED, SMALL, TEXT, tidy
from unlearning.scoring.accuracy_gaps import PROBABILITY
from unlearning.study.method_names import method_name

WIDTH, HEIGHT, SPACE = 6.4, 1.35, 0.22
"""Inches: a panel, and what is between two."""
ORDER = ["pretrained", "oracle", *STILL, "grid", "frozen_batch_norm"]
"""Of the marks within a forget set, from left to right."""
OFFSETS = (-0.44, -0.37, -0.3, 0.44)
"""Of the pretrained model, the oracle, the first and the last run from their forget set's place."""
PRINTED: dict[str, Any] = {"color": "0.2", "linewidth": 0.8, "linestyle": "--", "zorder": 0.5}
PATH: dict[str, Any] = {"color": "0.35", "linewidth": 0.6, "zorder": 1.5}
SPREAD: dict[str, Any] = {"color": "0.55", "linewidth": 0.6}
TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1)
ACCURACY = Normalize(0, 1)
COLUMNS = ["panel", "mark", "method", "setting", "kind", "epoch", "forget_set", "learning_rate"]
COLUMNS += ["n_members", "n_forget", "n_validation", "accuracy_forget", "accuracy_validation"]
COLUMNS += ["x", "y", "y_low", "y_high", "allowed_gap", "allowed_gap_printed", "fraction_beyond"]


def draw(
    gaps: pd.DataFrame, *, study: str, told: Sequence[str] = ()
) -> tuple[Figure, pd.DataFrame]:
    """Draw the absolute gap of every ensemble, a row of panels a method.

    Parameters
    ----------
    gaps : DataFrame
        The tables of `unlearning.scoring.accuracy_gaps` of the forget sets to draw, joined.
    study : str
        Name of the study, for the footnote.
    told : sequence of str
        Methods that are told the answer, whose names are marked.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark. `x` is the place of the forget set (0, 1, ... from small to large) plus
        an offset that keeps the ensembles apart; `y` the median over the members, `y_low` and
        `y_high` their 5th and 95th percentile.

    Raises
    ------
    ValueError
        If a column is missing, or a forget set lacks pretrained models, oracles or a method.
    """
    panels = {method: coordinates(gaps, method) for method in methods(gaps)}
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    names = {name: wrap(method_name(name, told), HEIGHT, 1.15 * TEXT) for name in panels}
    for row, (method, panel) in enumerate(panels.items()):
        axes = figure.add_axes((0, 0, 0.5, 0.5))
        draw_panel(axes, panel)
        axes.tick_params(labelbottom=row == len(panels) - 1)
        axes.set_ylabel(names[method], fontsize=TEXT, fontweight="bold", labelpad=3)
        boxes[axes] = (0, (len(panels) - 1 - row) * (HEIGHT + SPACE), WIDTH, HEIGHT)
    height = len(panels) * (HEIGHT + SPACE) - SPACE
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("Forgotten points, drawn at random", fontsize=TEXT, labelpad=28)
    lines = 1 + max(name.count("\n") for name in names.values())
    gap = "|accuracy on validation set − on forget set|, square-root scale"
    frame.set_ylabel(wrap(gap, height), fontsize=TEXT, labelpad=30 + 13 * lines)
    boxes[frame] = (0, 0, WIDTH, height)
    bar_axes = figure.add_axes((0, 0, 0.5, 0.5))
    colour_bar(bar_axes)
    boxes[bar_axes] = (WIDTH + 0.14, max(0, height / 2 - 1.6), 0.1, min(height, 3.2))
    drawn = pd.concat(panels.values(), ignore_index=True)
    notes = [*footnote(drawn, study), "one draw of each forget set, shared by all members"]
    assemble(figure, boxes, [("", legend_handles(drawn))], notes)
    return figure, drawn


def methods(gaps: pd.DataFrame) -> list[str]:
    """Return the unlearning methods of a table, in its order.

    Raises
    ------
    ValueError
        When columns or the methods are missing.
    """
    renamed = {"panel", "mark", "x", "y", "y_low", "y_high"}
    needed = [*(set(COLUMNS) - renamed), "in_grid", "gap_p5", "gap_median", "gap_p95"]
    require_columns(gaps, sorted(needed), "gaps")
    found = list(gaps.loc[gaps["kind"] != "baseline", "method"].unique())
    if not found:
        raise ValueError("gaps has no row of an unlearning method.")
    return found


def coordinates(gaps: pd.DataFrame, method: str) -> pd.DataFrame:
    """Lay out one method: every run at the same offset in all forget sets, settings apart.

    As in the paper's figures, runs of a kind in `APART` are left out.

    Raises
    ------
    ValueError
        If a forget set lacks pretrained models, oracles or the method.
    """
    rows = gaps[(gaps["kind"] == "baseline") | (gaps["method"] == method)]
    rows = rows[rows["in_grid"].astype(bool) & ~rows["kind"].isin(APART)]
    mark = rows["method"].where(rows["kind"] == "baseline", rows["kind"])
    rows = rows.assign(
        panel=method, mark=mark, y=rows["gap_median"], y_low=rows["gap_p5"], y_high=rows["gap_p95"]
    )
    sizes = rows.groupby("forget_set")["n_forget"].first()
    places = {name: i for i, name in enumerate(sizes.sort_values(kind="stable").index)}
    for name in places:
        present = set(rows.loc[rows["forget_set"] == name, "method"])
        for needed in ("pretrained", "oracle", method):
            if needed not in present:
                raise ValueError(f"gaps has no row of {needed} on forget set {name}.")
    runs = rows[["mark", "learning_rate", "setting", "epoch"]].drop_duplicates()
    runs = runs.assign(rank=runs["mark"].map(ORDER.index)).sort_values(
        ["rank", "learning_rate", "setting", "epoch"], ignore_index=True
    )
    settings = (runs["setting"] != runs["setting"].shift()).cumsum()
    slots = np.arange(len(runs)) + 1.5 * settings.to_numpy()
    # The baselines keep their distance from each other, however many runs there are.
    runs["offset"] = np.interp(slots, [*slots[:3], slots[-1] + 1e-9], OFFSETS)
    rows = rows.merge(runs[["mark", "setting", "epoch", "offset"]], on=["mark", "setting", "epoch"])
    rows["x"] = rows["forget_set"].map(places) + rows["offset"]
    return rows.sort_values("x", ignore_index=True)[COLUMNS]


def draw_panel(axes: Axes, drawn: pd.DataFrame) -> None:
    """Draw one method: allowed gaps, spread of the members, runs, baselines, and how many are out.

    Parameters
    ----------
    axes : Axes
        An empty panel.
    drawn : DataFrame
        What `coordinates` returned for this method.
    """
    axes.set_label(drawn["panel"].iloc[0])
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    sets = drawn.assign(place=drawn["x"].round()).groupby("place").first()
    edges = np.arange(len(sets) + 1) - 0.5
    axes.stairs(np.minimum(sets["allowed_gap"], 1), edges, fill=True, **BAND)
    axes.stairs(np.minimum(sets["allowed_gap_printed"], 1), edges, baseline=None, **PRINTED)
    for edge in edges[1:-1]:
        axes.axvline(edge, color="0.7", linewidth=0.5, zorder=0.4)
    own = drawn[drawn["kind"] != "baseline"]
    crowding = min(1, 25 * len(sets) / len(own))
    for _, path in own.groupby(["forget_set", "mark", "setting"]):
        axes.plot(path["x"], path["y"], **PATH)
    spread = drawn[["x", "y_low", "x", "y_high"]].to_numpy(float).reshape(-1, 2, 2)
    axes.add_collection(LineCollection([*spread], **SPREAD, zorder=1, gid="spread"), autolim=False)
    for layer, (mark, style) in enumerate(MARKS.items()):
        rows = drawn[drawn["mark"] == mark]
        if rows.empty:
            continue
        if is_coloured(mark):
            style = {**style, "c": rows["accuracy_validation"], "norm": ACCURACY, "cmap": COLOURS}
        size = style["s"] * (1 if mark in ORDER[:2] else crowding)
        style = {**style, "s": size, "zorder": 2 + layer / 10}
        axes.scatter(rows["x"], rows["y"], clip_on=False, gid=mark, **style)
    for place, name in enumerate(sets["forget_set"]):
        runs = own[own["forget_set"] == name]
        count = int((runs["y"] >= runs["allowed_gap"]).sum())
        axes.text(place + 0.48, 0.96, f"{count} of {len(runs)} runs beyond", va="top", ha="right",
                  fontsize=SMALL, color=DIVERGED if count else "0.35")  # fmt: skip
    labels = [f"{row.n_forget}\n(set {row.forget_set})" for row in sets.itertuples()]
    axes.set_xticks(range(len(sets)), labels)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1), yticks=TICKS)
    axes.set_yticklabels([f"{tick:g}" for tick in TICKS])
    tidy(axes)


def colour_bar(axes: Axes) -> None:
    """Turn `axes` into the colour bar of the accuracy on the validation set."""
    bar = axes.figure.colorbar(ScalarMappable(ACCURACY, COLOURS), cax=axes)
    bar.set_label("Accuracy on the validation set", fontsize=TEXT)
    bar.outline.set_linewidth(0.5)
    axes.tick_params(labelsize=SMALL + 1, width=0.5, length=2)


def legend_handles(drawn: pd.DataFrame) -> list[Artist]:
    """Legend entries for what occurs in `drawn`, and for nothing else."""
    meanings = {**MEANINGS, "oracle": "oracle: never saw the forget set"}
    handles: list[Artist] = []
    for mark in ORDER:
        if (drawn["mark"] == mark).any():
            style = MARKS[mark]
            handles.append(
                Line2D([], [], label=meanings[mark], marker=style["marker"],
                       markersize=style["s"] ** 0.5, linewidth=0,
                       markerfacecolor=style.get("facecolors", COLOURS(0.55)),
                       markeredgecolor=style.get("edgecolors", style.get("color")),
                       markeredgewidth=style["linewidths"])
            )  # fmt: skip
    handles.append(Line2D([], [], label="one setting over the epochs", **PATH))
    handles.append(Line2D([], [], label="5% to 95% of the members", marker="|", markersize=10,
                          markeredgecolor=SPREAD["color"], linewidth=0))  # fmt: skip
    within = f"holds an oracle in {1 - PROBABILITY:.0%} of draws or more"
    m = int(drawn["n_validation"].iloc[0])
    handles.append(Patch(label=f"{within} ({m} validation points)", **BAND))
    handles.append(Line2D([], [], label="the same by Lemma 1 as printed", **PRINTED))
    return handles
