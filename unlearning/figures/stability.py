"""Scores, floors and the order of runs against the number of members."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from unlearning.artifacts.tables import require_columns
from unlearning.figures.bands import draw_bands
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.plane import CAP, CAP_LINE, LIMIT, SPLITS
from unlearning.figures.theme import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    SKY,
    SMALL,
    TEXT,
    VERMILION,
    tidy,
)
from unlearning.study.method_names import method_name

WIDTH, HEIGHT, GAP = 1.55, 1.45, (0.2, 0.3)
"""Inches: a panel, and what is between two."""
BASELINES = {
    "pretrained": ("black", "pretrained, nothing unlearned"),
    "oracle_floor": ("0.5", "noise floor: oracles against other oracles"),
}
GAUSSIAN: dict[str, Any] = {"color": "black", "linewidth": 1.0, "linestyle": (0, (1, 1.5))}
MEAN: dict[str, Any] = {"linewidth": 0.9, "linestyle": "--"}
CHANCE: dict[str, Any] = {"color": "0.5", "linewidth": 0.6, "zorder": 0.4}
SHARED: dict[str, Any] = {"color": "0.75", "linewidth": 0.7, "zorder": 0.4}
COLOURS_OF_METHODS = (BLUE, ORANGE, PINK, SKY, VERMILION, GREEN)
ORDERS = {
    "clear_agreement": (GREEN, "pairs of runs that all members tell apart"),
    "agreement": ("0.25", "all pairs"),
    "disjoint_agreement": (VERMILION, "all pairs, N members against N others"),
}
LABELLED = (10, 20, 50, 100, 200)
SCORES = ["method", "setting", "epoch", "forget_set", "split", "measure", "n_members"]
SCORES += ["all_members", "subsamples", "gaussian_floor", "score", "score_low", "score_high"]
RANKING = ["forget_set", "split", "measure", "n_members", "all_members", *ORDERS]


def draw(
    scores: pd.DataFrame,
    ranking: pd.DataFrame,
    *,
    labels: dict[str, str],
    study: str,
    told: Sequence[str] = (),
) -> tuple[Figure, pd.DataFrame]:
    """Draw a row of panels for each forget set: P95 and mean on each split, the order of runs.

    Parameters
    ----------
    scores, ranking : DataFrame
        Tables of `unlearning.answer.stability` and `unlearning.answer.ranking`, joined.
    labels : dict
        A person's name of each forget set, in the order of the rows.
    study : str
        Name of the study, for the footnote.
    told : sequence of str
        Methods that are told the answer, whose names are marked.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        The rows of both tables that are drawn, with `panel` and `line`.

    Raises
    ------
    ValueError
        When a column or a forget set is missing.
    """
    require_columns(scores, SCORES, "scores")
    require_columns(ranking, RANKING, "ranking")
    for name in labels:
        if name not in set(scores["forget_set"]):
            raise ValueError(f"scores has no rows of forget set {name}.")
    methods = [
        name
        for name in dict.fromkeys(scores["method"])
        if name not in (*BASELINES, "gaussian_floor")
    ]
    further = seaborn.color_palette("husl", max(0, len(methods) - len(COLOURS_OF_METHODS)))
    colours = dict(zip(methods, [*COLOURS_OF_METHODS, *further], strict=False))
    # The last one lies on top.
    colours |= {name: colour for name, (colour, _) in reversed(BASELINES.items())}
    kept = [shown(scores[scores["forget_set"] == name], methods) for name in labels]
    order = ranking[(ranking["split"] == "average") & (ranking["measure"] == "p95")]
    kept += [order[order["forget_set"] == name].assign(panel="order", line="") for name in labels]
    drawn = pd.concat([part for part in kept if len(part)], ignore_index=True)
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    for row, (name, label) in enumerate(labels.items()):
        here = drawn[drawn["forget_set"] == name]
        for column, panel in enumerate([*SPLITS, "order"]):
            axes = figure.add_axes((0, 0, 0.5, 0.5))
            rows = here[here["panel"] == panel]
            axes.set_label(f"{name}: {panel}")
            if panel == "order":
                _draw_order(axes, rows)
            else:
                _draw_scores(axes, rows, colours)
            _finish(axes, drawn, top=row == 0, bottom=row == len(labels) - 1, panel=panel)
            axes.tick_params(labelleft=column in (0, len(SPLITS)))
            if column == 0:
                side = wrap(f"Forget\u00a0set\u00a0{label}", HEIGHT, 1.15 * TEXT)
                axes.set_ylabel(f"{side}\n\nKLoM", fontsize=TEXT)
            left = column * (WIDTH + GAP[0]) + (0.42 if panel == "order" else 0)
            boxes[axes] = (left, (len(labels) - 1 - row) * (HEIGHT + GAP[1]), WIDTH, HEIGHT)
    present = set(drawn["line"].dropna())
    notes = [f"Study {study}", f"all are {int(drawn['all_members'].max())} members"]
    notes += [f"{int(drawn['subsamples'].max())} subsamples of each N, bands: 5 to 95 % of them"]
    notes += ["of each method the run with the smallest average P95 of all members"]
    present |= {name for name in ORDERS if name in drawn and drawn[name].notna().any()}
    assemble(figure, boxes, _legends(colours, present, methods, told), notes)
    return figure, drawn


def shown(scores: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Return the rows of one forget set that are drawn: the baselines, and a run of each method.

    It is the run whose P95 by all members, in the mean of the three splits, is smallest.
    """
    best = []
    final = scores[(scores["n_members"] == scores["all_members"]) & (scores["measure"] == "p95")]
    for method in methods:
        average = final[final["method"] == method].groupby(["setting", "epoch"])["score"].mean()
        if len(average):
            setting, epoch = average.fillna(CAP).sort_values(kind="stable").index[0]
            best.append((method, setting, epoch))
    runs = pd.MultiIndex.from_frame(scores[["method", "setting", "epoch"]])
    kept = scores[
        scores["method"].isin([*BASELINES, "gaussian_floor"]).to_numpy() | runs.isin(best)
    ]
    return kept.assign(panel=kept["split"], line=kept["method"])


def _draw_scores(axes: Axes, rows: pd.DataFrame, colours: dict[str, Any]) -> None:
    """Draw the P95 of each ensemble with its band, and thinner the mean over the points."""
    p95 = rows[(rows["measure"] == "p95") & rows["score"].notna()]
    draw_bands(
        axes, p95, x="n_members", y="score", hue="line", palette=colours, hue_order=list(colours),
        linewidth=1.3, marker="o", markersize=3, markeredgewidth=0,
    )  # fmt: skip
    means = rows[(rows["measure"] == "mean") & rows["line"].isin(list(BASELINES))]
    seaborn.lineplot(
        means, x="n_members", y="score", hue="line", palette=colours, hue_order=list(colours),
        legend=False, ax=axes, **MEAN,
    )  # fmt: skip
    gaussian = rows[(rows["method"] == "gaussian_floor") & (rows["measure"] == "p95")]
    gaussian = gaussian.sort_values("n_members")
    axes.plot(gaussian["n_members"], gaussian["gaussian_floor"], zorder=3, **GAUSSIAN)
    axes.axhline(CAP, **CAP_LINE)
    axes.set(ylim=(0, LIMIT), yticks=(0, 5, 10))


def _draw_order(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw how often N members order two runs as all do, where there are two."""
    for name, (colour, _) in ORDERS.items():
        line = rows[rows[name].notna()] if name in rows else rows
        if len(line):
            draw_bands(axes, line.assign(line=name), x="n_members", y=name, hue="line",
                       palette={name: colour}, linewidth=1.3, marker="o", markersize=3,
                       markeredgewidth=0)  # fmt: skip
    axes.axhline(0.5, **CHANCE)
    axes.text(0.98, 0.02, "by chance", transform=axes.transAxes, fontsize=SMALL, color="0.35",
              ha="right", va="bottom")  # fmt: skip
    axes.set(ylim=(0.44, 1.01), yticks=(0.5, 0.75, 1))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))


def _finish(axes: Axes, drawn: pd.DataFrame, *, top: bool, bottom: bool, panel: str) -> None:
    """Give a panel its axis of N, and the line past which subsamples share members."""
    sizes = sorted({int(size) for size in drawn["n_members"]})
    ticks = [size for size in sizes if size in LABELLED] or sizes
    axes.axvline(drawn["all_members"].max() / 2, **SHARED)
    axes.set_xscale("log")
    axes.set(xlim=(0.88 * sizes[0], 1.14 * sizes[-1]), xlabel="", ylabel="")
    axes.set_xticks(ticks, [str(tick) for tick in ticks] if bottom else [])
    axes.set_xticks([size for size in sizes if size not in ticks], minor=True)
    axes.xaxis.set_minor_formatter(NullFormatter())
    if bottom:
        axes.set_xlabel("Members N", fontsize=TEXT)
    if top:
        title = "Runs ordered as\nby all members" if panel == "order" else f"On the {panel} set"
        axes.set_title(title, fontsize=TEXT)
    tidy(axes)


def _legends(
    colours: dict[str, Any], present: set[str], methods: list[str], told: Sequence[str]
) -> list[tuple[str, list[Artist]]]:
    """Return the legend of the scores, and that of the order of runs."""
    names = {name: meaning for name, (_, meaning) in BASELINES.items()}
    names |= {name: f"a run of {method_name(name, told)}" for name in methods}
    marked: dict[str, Any] = {"marker": "o", "markersize": 3, "linewidth": 1.3}
    scores: list[Artist] = [
        Line2D([], [], color=colours[name], label=label, **marked)
        for name, label in names.items()
        if name in present
    ]
    scores += [
        Line2D([], [], label="floor of two equal Gaussians", **GAUSSIAN),
        Line2D([], [], color="0.3", label="mean over the points; solid: P95", **MEAN),
        Line2D([], [], label="largest possible score, ln 10⁵", **CAP_LINE),
        Line2D([], [], label="half of all: from here on subsamples share members", **SHARED),
    ]
    order: list[Artist] = [
        Line2D([], [], color=colour, label=label, **marked)
        for name, (colour, label) in ORDERS.items()
        if name in present
    ]
    titled = [("Order of runs by their average P95", order)] if order else []
    return [("", scores), *titled]
