"""Damage over each predictor of it, a point a forget set, and how well each predictor ranks it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from unlearning.answer.damage import SPLITS
from unlearning.answer.influence import PREDICTORS, SCOPES
from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure
from unlearning.figures.plane import SMALL, TEXT, tidy
from unlearning.study.method_names import method_name

SIZE, GAP, ROWS = 1.75, 0.16, 0.2
"""Inches: a panel, between two in a row, between two rows."""
KINDS = {
    "random": "random points",
    "top": "highest on a component",
    "bottom": "lowest on a component",
    "ends": "both ends of a component",
}
PALETTE = dict(zip(KINDS, sns.color_palette("colorblind", len(KINDS)), strict=True))
MARKERS = dict(zip(KINDS, ("o", "^", "v", "D"), strict=True))
AREAS = (10, 42)
"""Of the smallest and the largest forget set's mark."""
APART = dict(zip(KINDS, (0.91, 0.97, 1.03, 1.09), strict=True))
"""Factors that keep kinds of sets of one size apart."""
AXES = {
    "spectral_norm": "Spectral norm of the block",
    "size": "Forgotten points",
    "mean_absolute": "Mean |influence| in the block",
}
RANKS: dict[str, dict[str, Any]] = {
    "spectral_norm": {"marker": "o", "markerfacecolor": "black"},
    "size": {"marker": "s", "markerfacecolor": "white"},
    "mean_absolute": {"marker": "^", "markerfacecolor": "0.6"},
}
AGAINST = {"pretrained": "against other members", "oracles": "against oracles"}
INTERVAL: dict[str, Any] = {"color": "0.6", "linewidth": 0.6, "zorder": 1}
ZERO: dict[str, Any] = {"color": "0.3", "linewidth": 0.6, "linestyle": "--", "zorder": 0.5}
RANK = "rank"


def draw(
    table: pd.DataFrame,
    correlations: pd.DataFrame,
    *,
    run: dict[str, Any],
    study: str,
    told: Sequence[str] = (),
) -> tuple[Figure, pd.DataFrame]:
    """Draw a row of panels for each reference and split: predictors, and their rank correlations.

    Parameters
    ----------
    table, correlations : DataFrame
        What `unlearning.answer.influence` returned.
    run : dict
        ``method``, ``setting`` and ``snapshot`` (epoch, ascent epochs) that did the damage.
    study : str
        Name of the study, for the footnote.
    told : sequence of str
        Methods that are told the answer, whose names are marked.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark: a forget set in the panel of a predictor, or a predictor in the panel
        ``rank``.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    drawn = pd.concat([_points(table), _ranks(correlations)], ignore_index=True)
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    rows = list(drawn[["against", "split"]].drop_duplicates().itertuples(index=False, name=None))
    for row, (against, split) in enumerate(rows):
        part = drawn[(drawn["against"] == against) & (drawn["split"] == split)]
        last = row == len(rows) - 1
        for column, panel in enumerate([*PREDICTORS, RANK]):
            axes = figure.add_axes((0, 0, 0.5, 0.5))
            axes.set_label(f"{panel}, {split}, {against}")
            marks = part[part["panel"] == panel]
            left = column * (SIZE + GAP)
            if panel == RANK:
                _draw_ranks(axes, marks)
                left += 0.68
            else:
                _draw_points(axes, marks, part)
                axes.tick_params(labelleft=column == 0, labelbottom=last)
                axes.set_xlabel(AXES[panel] if last else "", fontsize=TEXT)
            axes.tick_params(labelbottom=last)
            if column == 0:
                label = f"Damage, {split} set\n{AGAINST[against]}"
                axes.set_ylabel(label, fontsize=TEXT - 0.5)
            boxes[axes] = (left, (len(rows) - 1 - row) * (SIZE + ROWS), SIZE, SIZE)
            if last and panel == RANK:
                axes.set_xlabel("Rank correlation ρ", fontsize=TEXT)
    kinds = [kind for kind in KINDS if (table["kind"] == kind).any()]
    epoch, ascents = run["snapshot"]
    method = method_name(run["method"], told)
    notes = [
        f"Study {study}",
        f"{table['forget_set'].nunique()} forget sets",
        f"{method}, {run['setting']}, epoch {epoch}"
        + (f", {ascents} with ascent" if ascents else ""),
        f"N = {table['n_members'].iloc[0]} members",
        "damage: rise of P95 KLoM, nats",
        "lines: 95 % intervals, of damage over members, of ρ over forget sets",
    ]
    assemble(figure, boxes, [("", _kind_handles(kinds)), ("", _rank_handles())], notes)
    return figure, drawn


def _points(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each forget set in each panel of a predictor."""
    ends = ("", "_low", "_high")
    damage = [f"{split}_damage{end}" for split in SPLITS for end in ends]
    first = ["forget_set", "kind", "component", "against"]
    require_columns(table, [*first, *PREDICTORS, *damage, "n_members"], "table")
    parts = []
    for _, rows in table.groupby("against", sort=False):
        for split in SPLITS:
            marks = rows[first].assign(split=split, size=rows["size"])
            for end in ends:
                marks[f"y{end}"] = rows[f"{split}_damage{end}"]
            parts += [marks.assign(panel=name, x=rows[name]) for name in PREDICTORS]
    return pd.concat(parts, ignore_index=True)


def _ranks(correlations: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each predictor and scope in each panel of rank correlations."""
    wanted = [
        "against",
        "split",
        "outcome",
        "scope",
        "predictor",
        "rho",
        "rho_low",
        "rho_high",
        "n_sets",
    ]
    require_columns(correlations, wanted, "correlations")
    names = {"rho": "x", "rho_low": "x_low", "rho_high": "x_high"}
    damage = correlations.loc[correlations["outcome"] == "damage", wanted]
    return damage.rename(columns=names).assign(panel=RANK)


def _draw_points(axes: Axes, marks: pd.DataFrame, part: pd.DataFrame) -> None:
    """Draw damage over one predictor, with its rank correlation over all sets."""
    predictor = marks["panel"].iloc[0]
    sizes = sorted(set(marks["size"]))
    if predictor == "size":
        marks = marks.assign(x=marks["x"] * marks["kind"].map(APART))
    marks = marks.sort_values("size", ascending=False, kind="stable")  # small ones on top
    axes.axhline(0, **ZERO)
    axes.vlines(marks["x"], marks["y_low"], marks["y_high"], **INTERVAL)
    sns.scatterplot(
        marks, x="x", y="y", hue="kind", style="kind", size="size", sizes=AREAS, palette=PALETTE,
        markers=MARKERS, ax=axes, legend=False, edgecolor="black", linewidth=0.4, zorder=2,
    )  # fmt: skip
    if (marks["x"] > 0).all() and marks["x"].max() > 5 * marks["x"].min():
        axes.set_xscale("log")
        # Within a decade or two powers of ten alone are too few, and every digit too many.
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    if predictor == "size":
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
    every = part[["y_low", "y_high"]].to_numpy(float)
    low, high = min(0.0, np.nanmin(every)), max(0.0, np.nanmax(every))
    axes.set_ylim(low - 0.05 * (high - low), high + 0.25 * (high - low))
    rank = part[(part["predictor"] == predictor) & (part["scope"] == "all")].iloc[0]
    text = f"ρ = {rank['x']:.2f} ({rank['x_low']:.2f} to {rank['x_high']:.2f})"
    axes.text(0.04, 0.96, text, transform=axes.transAxes, va="top", fontsize=SMALL + 0.5)
    axes.set(xlabel="", ylabel="")
    tidy(axes)


def _draw_ranks(axes: Axes, marks: pd.DataFrame) -> None:
    """Draw the rank correlations of all predictors, a band a scope."""
    axes.axvline(0, **ZERO)
    for place, scope in enumerate(SCOPES):
        for offset, (predictor, style) in zip((-0.22, 0, 0.22), RANKS.items(), strict=True):
            row = marks[(marks["scope"] == scope) & (marks["predictor"] == predictor)].iloc[0]
            if np.isnan(row["x"]):
                continue
            y = place + offset
            axes.hlines(y, row["x_low"], row["x_high"], color="0.3", linewidth=0.9, zorder=1)
            axes.plot(row["x"], y, color="black", markersize=4.5, markeredgewidth=0.7, **style)
    for edge in np.arange(len(SCOPES) - 1) + 0.5:
        axes.axhline(edge, color="0.8", linewidth=0.5, zorder=0.4)
    names = {
        "all": "all sets",
        "same size": "same\nsize",
        "same size and origin": "same size,\norigin",
    }
    axes.set_yticks(range(len(SCOPES)), [names[scope] for scope in SCOPES])
    axes.set(xlim=(-1, 1), ylim=(len(SCOPES) - 0.5, -0.5), xticks=(-1, -0.5, 0, 0.5, 1))
    axes.set_xticklabels(["−1", "−½", "0", "½", "1"])
    tidy(axes)


def _kind_handles(kinds: list[str]) -> list[Artist]:
    return [
        Line2D([], [], label=KINDS[kind], marker=MARKERS[kind], color=PALETTE[kind], linewidth=0,
               markersize=6, markeredgecolor="black", markeredgewidth=0.4)
        for kind in kinds
    ]  # fmt: skip


def _rank_handles() -> list[Artist]:
    return [
        Line2D([], [], label=f"ρ of the {PREDICTORS[name]}", color="black", linewidth=0.9,
               markersize=4.5, markeredgewidth=0.7, **style)
        for name, style in RANKS.items()
    ]  # fmt: skip
