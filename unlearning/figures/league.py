"""Methods by cost and excess on each forget set, with the Pareto front, and their mean ranks."""

from itertools import cycle
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from unlearning.artifacts.tables import require_columns
from unlearning.figures.bands import AS_TABLED, tall
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.league_names import entry_name, given, marks_of
from unlearning.figures.theme import PALETTE, TEXT, VERMILION, tidy
from unlearning.study.league import BEST
from unlearning.study.method_names import OURS

RULES = {
    BEST: ("black", "o", "by the oracles, on the worst split"),
    "accuracy": ("0.45", "s", "forget accuracy = validation accuracy"),
    "loss": ("0.7", "^", "forget loss = validation loss"),
}
"""Of the ranks: chosen with the oracles, and by the rules that need none and go by the model."""
MARKERS = ("o", "s", "^", "v", "P", "X", "p", "h", "<", ">")
BASELINES: dict[str, dict[str, Any]] = {
    "pretrained": {"marker": "o", "s": 48, "facecolors": "none", "edgecolors": "black",
                   "linewidths": 1.2, "label": "pretrained, nothing unlearned"},
    "oracle_stopped": {"marker": "D", "s": 20, "facecolors": "0.55", "edgecolors": "black",
                       "linewidths": 0.5, "label": "retraining stopped early"},
    "oracle_floor": {"marker": "*", "s": 90, "facecolors": "black", "edgecolors": "white",
                     "linewidths": 0.6, "label": "retraining, the floor"},
}  # fmt: skip
FRONT: dict[str, Any] = {"color": "black", "linewidth": 1.0, "drawstyle": "steps-post", "zorder": 2}
STOPPED: dict[str, Any] = {"color": "0.55", "linewidth": 0.8, "linestyle": "--", "zorder": 1.8}
ACROSS, SIZE, GAP = 2, (2.93, 2.0), (0.16, 0.56)
"""Panels in a row; inches of a panel, and between two."""
LINE = 0.21
"""Inches of an entry in a panel of ranks."""
RANK_WIDTH = 1.9
RUN = ["source", "forget_set", "method", "baseline", "told", "setting", "epoch", "front"]
RUN += ["front_untold", "relative_cost", "excess_worst", "excess_worst_low", "excess_worst_high"]
STANDING = ["source", "method", "baseline", "told", "budget", "rule", "rank", "rank_low"]
STANDING += ["rank_high", "given_cost"]


def draw(
    runs: pd.DataFrame,
    standings: pd.DataFrame,
    *,
    labels: dict[str, str],
    study: str,
    members: int,
) -> tuple[Figure, pd.DataFrame]:
    """Draw a panel a forget set, runs by cost and excess, and a panel of mean ranks a budget.

    Parameters
    ----------
    runs : DataFrame
        What `unlearning.league.front.with_front` returned.
    standings : DataFrame
        What `unlearning.league.ranks.standings` returned.
    labels : dict
        A person's name of each forget set, in their order.
    study : str
        Name of the study, for the footnote.
    members : int
        Of an ensemble, for the footnote.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        A row a mark: the runs by ``x`` (cost) and ``y`` (excess of the worst split), and the mean
        ranks by ``x``, with intervals.

    Raises
    ------
    ValueError
        When a column is missing.
    """
    require_columns(runs, RUN, "runs of the league")
    require_columns(standings, STANDING, "standings of the league")
    points = _points(runs, labels)
    ranks = _ranks(standings)
    marks = marks_of([*points["source"], *ranks["source"]])
    looks = _looks(points, marks)
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    _draw_planes(figure, boxes, points, labels, looks)
    _draw_ranks(figure, boxes, ranks, marks)
    notes = [f"Study {study}", f"N = {members} members per ensemble"]
    notes += [
        "large marks: on the front of all methods; line: front without what is told the answer"
    ]
    notes += given(standings, marks)
    notes += [f"{mark} {source}" for source, mark in marks.items() if mark]
    legends = [("", _method_handles(looks) + _baseline_handles()), ("Chosen", _rule_handles())]
    assemble(figure, boxes, legends, notes)
    return figure, pd.concat([points, ranks], ignore_index=True)


def _points(runs: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Return a row a run, as it is drawn."""
    kept = runs[runs["forget_set"].isin(list(labels))][RUN]
    kept = kept.astype(dict.fromkeys(("baseline", "told", "front", "front_untold"), bool))
    names = {"relative_cost": "x", "excess_worst": "y"}
    names |= {f"excess_worst_{end}": f"y_{end}" for end in ("low", "high")}
    return kept.rename(columns=names).assign(panel="forget set " + kept["forget_set"])


def _ranks(standings: pd.DataFrame) -> pd.DataFrame:
    """Return a row an entry, rule and budget, as it is drawn."""
    kept = standings[standings["rule"].isin(list(RULES)) & standings["rank"].notna()][STANDING]
    kept = kept.astype({"baseline": bool, "told": bool})
    names = {"rank": "x", "rank_low": "x_low", "rank_high": "x_high"}
    panel = "ranks within " + kept["budget"].map("{:g}".format)
    return kept.rename(columns=names).assign(panel=panel)


def _looks(points: pd.DataFrame, marks: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return how each method looks: a colour and a marker of its own; open where it is theirs."""
    own = points[~points["baseline"]].drop_duplicates(["source", "method"])
    # Colours come around sooner than markers do, so that the two never meet again.
    styles = zip(cycle(PALETTE[:-1]), cycle(MARKERS[:-1]), strict=False)
    looks = {}
    for row, (colour, marker) in zip(own.to_dict("records"), styles, strict=False):
        mine = row["source"] == OURS
        looks[row["source"], row["method"]] = {
            "marker": marker,
            "facecolors": colour if mine else "white",
            "edgecolors": VERMILION if row["told"] else "black" if mine else colour,
            "linewidths": 1.2 if row["told"] or not mine else 0.4,
            "label": entry_name(row["method"], marks[row["source"]], row["told"]),
        }
    return looks


def _draw_planes(
    figure: Figure,
    boxes: dict[Axes, Box],
    points: pd.DataFrame,
    labels: dict[str, str],
    looks: dict[tuple[str, str], dict[str, Any]],
) -> None:
    positive = points.loc[points["x"] > 0, "x"]
    least = 10.0 ** np.floor(np.log10(positive.min()))
    top = max(points["y"].max(), points.loc[points["front"], "y_high"].max())
    bottom = min(0.0, points["y"].min())
    across = min(ACROSS, len(labels))
    down = -(-len(labels) // across)
    for number, (name, label) in enumerate(labels.items()):
        row, column = divmod(number, across)
        axes = figure.add_axes((0, 0, 0.5, 0.5))
        axes.set_label(f"forget set {name}")
        _draw_plane(axes, points[points["forget_set"] == name], looks)
        axes.set_xscale("symlog", linthresh=least, linscale=1.0)
        decades = np.arange(np.log10(least), 0.5)[::-1]
        ticks = [0.0, *(10.0 ** decades[:: 1 if len(decades) < 5 else 2])]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{100 * cost:g}%"))
        margin = 0.05 * (top - bottom)
        axes.set(xlim=(-0.25 * least, 1.8 * max(1.0, points["x"].max())))
        axes.set(ylim=(bottom - margin, top + margin))
        axes.set_title(wrap(f"Forget set {label}", SIZE[0]), fontsize=TEXT - 0.5)
        last = number + across >= len(labels)
        axes.tick_params(labelleft=column == 0, labelbottom=last)
        bottom_of = (down - 1 - row) * (SIZE[1] + GAP[1])
        boxes[axes] = (column * (SIZE[0] + GAP[0]), bottom_of, *SIZE)
    width = across * (SIZE[0] + GAP[0]) - GAP[0]
    height = down * (SIZE[1] + GAP[1]) - GAP[1]
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("Cost, in % of one retraining", fontsize=TEXT, labelpad=17)
    frame.set_ylabel("P95 KLoM above the floor,\nworst split", fontsize=TEXT, labelpad=20)
    boxes[frame] = (0, 0, width, height)


def _draw_plane(
    axes: Axes, points: pd.DataFrame, looks: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Draw the runs on one forget set; those on the front large, and with their intervals."""
    axes.axhline(0, color="0.3", linewidth=0.6, linestyle=":", zorder=0.5)
    stopped = points[points["method"].isin(["oracle_stopped", "oracle_floor"])].sort_values("x")
    axes.plot(stopped["x"], stopped["y"], **STOPPED)
    front = points[points["front_untold"]].sort_values(["x", "y"])
    axes.plot(front["x"], front["y"], **FRONT)
    for (source, method), look in looks.items():
        mine = points[(points["source"] == source) & (points["method"] == method)]
        for on_front, part in mine.groupby("front"):
            axes.scatter(
                part["x"], part["y"], s=40 if on_front else 11, alpha=1.0 if on_front else 0.55,
                clip_on=False, zorder=4 if on_front else 3, gid=f"{source}: {method}",
                **{key: value for key, value in look.items() if key != "label"},
            )  # fmt: skip
    ends = points[points["front"] & ~points["baseline"]]
    axes.vlines(ends["x"], ends["y_low"], ends["y_high"], color="0.4", linewidth=0.7, zorder=2.5)
    for method, look in BASELINES.items():
        there = points[points["method"] == method]
        plain = {key: value for key, value in look.items() if key != "label"}
        axes.scatter(there["x"], there["y"], zorder=5, clip_on=False, gid=method, **plain)
    tidy(axes)


def _draw_ranks(
    figure: Figure,
    boxes: dict[Axes, Box],
    ranks: pd.DataFrame,
    marks: dict[str, str],
) -> None:
    """Draw a panel a budget, the best of the largest budget on top, beneath the planes."""
    named = ranks.assign(
        entry=[
            entry_name(method, marks[source], told)
            for method, source, told in zip(
                ranks["method"], ranks["source"], ranks["told"], strict=True
            )
        ]
    )
    largest = named[named["rule"] == BEST].sort_values(
        ["budget", "x"], ascending=[False, True], kind="stable"
    )
    entries = list(dict.fromkeys([*largest["entry"], *named["entry"]]))
    height = max(1.0, LINE * len(entries))
    budgets = sorted(named["budget"].unique())
    for column, budget in enumerate(budgets):
        axes = figure.add_axes((0, 0, 0.5, 0.5))
        axes.set_label(f"ranks within {budget:g}")
        here = named[named["budget"] == budget]
        with mpl.rc_context({"lines.markersize": 4}):
            seaborn.pointplot(
                tall(here, "x"), x="x", y="entry", hue="rule", order=entries, orient="y",
                hue_order=list(RULES), palette=[colour for colour, _, _ in RULES.values()],
                markers=[marker for _, marker, _ in RULES.values()], dodge=0.45,
                linestyle="none", markersize=3.6, markeredgewidth=0.8, ax=axes,
                err_kws={"linewidth": 0.9}, **AS_TABLED,
            )  # fmt: skip
        for edge in np.arange(len(entries) - 1) + 0.5:
            axes.axhline(edge, color="0.88", linewidth=0.5, zorder=0.4)
        axes.set(xlabel="", ylabel="", xlim=(0.7, max(2.3, len(entries) + 0.3)))
        ticks = np.unique(np.linspace(1, max(2, len(entries)), 5).round())
        axes.xaxis.set_major_locator(FixedLocator(ticks.tolist()))
        axes.set_title(f"Within {100 * budget:g} % of one retraining", fontsize=TEXT - 0.5)
        axes.tick_params(labelleft=column == 0)
        tidy(axes)
        axes.tick_params(axis="y", labelsize=TEXT - 0.5)
        left = column * (RANK_WIDTH + GAP[0])
        boxes[axes] = (left, -(height + 0.85), RANK_WIDTH, height)
    width = len(budgets) * (RANK_WIDTH + GAP[0]) - GAP[0]
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("Mean rank over forget sets, 1 the best", fontsize=TEXT, labelpad=17)
    boxes[frame] = (0, -(height + 0.85), width, height)


def _handle(look: dict[str, Any]) -> Line2D:
    return Line2D(
        [], [], label=look["label"], marker=look["marker"], markerfacecolor=look["facecolors"],
        markeredgecolor=look["edgecolors"], markeredgewidth=look["linewidths"], linewidth=0,
        markersize=min(look.get("s", 30), 60) ** 0.5,
    )  # fmt: skip


def _method_handles(looks: dict[tuple[str, str], dict[str, Any]]) -> list[Artist]:
    return [_handle(look) for look in looks.values()]


def _baseline_handles() -> list[Artist]:
    handles: list[Artist] = [_handle(look) for look in BASELINES.values()]
    front = {key: value for key, value in FRONT.items() if key in ("color", "linewidth")}
    return [*handles, Line2D([], [], label="Pareto front", **front)]


def _rule_handles() -> list[Artist]:
    return [
        Line2D([], [], color=colour, marker=marker, markersize=4.5, linewidth=1, label=label)
        for colour, marker, label in RULES.values()
    ]
