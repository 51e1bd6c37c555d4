"""Figure 2: runs that look as if they unlearned, and how long that lasts."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from unlearning.figures.layout import Box, assemble, footnote, legend_handles, new_figure, wrap
from unlearning.figures.plane import (
    CAP,
    CAP_LINE,
    LIMIT,
    SPLITS,
    STILL,
    colour_bar,
    coordinates,
    cost_norm,
    draw_plane,
    requested,
    runs,
    select,
)
from unlearning.figures.theme import BAND, DIVERGED, TEXT, tidy
from unlearning.study.method_names import method_name

SHAPES = "osv^DP*hX<>p"


def draw(
    scores: pd.DataFrame, *, options: dict[str, Any], study: str
) -> tuple[Figure, pd.DataFrame]:
    """Draw the KLoM plane with its trajectories, and the average KLoM against the epoch.

    Parameters
    ----------
    scores : DataFrame
        The study's scores, one row per run and split. Rows with `in_grid` False appear only
        against the epoch.
    options : dict
        One name in `methods`, one in `forget_sets`, optionally `labels`, and `told`, the methods
        that are told the answer.
    study : str
        Name of the study.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark; in the panel `average against epoch`, x is the epoch and y the mean of
        the P95 KLoM on the forget, the retain, and the validation set.

    Raises
    ------
    ValueError
        If a column, the method or the forget set is missing from the scores, or more than one
        method or forget set is requested.
    """
    methods, forget_sets, titles = requested(options)
    if len(methods) > 1 or len(forget_sets) > 1:
        raise ValueError("options methods and forget_sets of figure 2 must hold one name each.")
    selected = select(runs(scores), methods[0], forget_sets[0])
    plane = coordinates(selected, "validation", f"{methods[0]}, forget set {forget_sets[0]}")
    averages = average(selected)

    figure = new_figure()
    left, bar, right = (figure.add_axes((0, 0, 0.5, 0.5)) for _ in range(3))
    norm = cost_norm(plane)
    draw_plane(left, plane, norm, intervals=True, paths=True)
    left.set_xlabel("P95 KLoM on the forget set", fontsize=TEXT)
    left.set_ylabel("P95 KLoM on the validation set", fontsize=TEXT)
    name = method_name(methods[0], options.get("told", ()))
    left.set_title(f"{name}\n{wrap(titles[forget_sets[0]], 2.2)}", fontsize=TEXT, pad=11)
    colour_bar(bar, norm)
    rates = draw_averages(right, averages)
    boxes: dict[Axes, Box] = {
        left: (0, 0, 2.2, 2.2),
        bar: (2.32, 0, 0.1, 2.2),
        right: (3.95, 0, 2.6, 2.2),
    }
    drawn = pd.concat([plane, averages], ignore_index=True)
    marks = legend_handles(drawn, intervals=True, paths=True)
    assemble(figure, boxes, [("", marks), ("Learning rate", rates)], footnote(drawn, study))
    return figure, drawn


def average(selected: pd.DataFrame) -> pd.DataFrame:
    """Mean of the three P95s of the pretrained model and of each run, at every epoch."""
    rows = selected[(selected["kind"] != "baseline") | (selected["mark"] == "pretrained")]
    names = ["mark", "method", "setting", "kind", "epoch", "forget_set", "learning_rate"]
    names += ["relative_cost", "n_members", "n_nonfinite"]
    floor = rows[[f"{split}_floor" for split in SPLITS]].mean(axis=1, skipna=False)
    averages = rows[names].assign(
        panel="average against epoch",
        x=rows["epoch"],
        y=rows[list(SPLITS)].mean(axis=1),
        y_floor=floor,
    )
    return averages.sort_values(["kind", "learning_rate", "setting", "epoch"])


def draw_averages(axes: Axes, averages: pd.DataFrame) -> list[Artist]:
    """Draw a line for each setting against the epoch; return the legend of the learning rates."""
    axes.set_label(averages["panel"].iloc[0])
    if averages["y_floor"].notna().any():
        axes.axhspan(0, averages["y_floor"].max(), **BAND)
    axes.axhline(CAP, **CAP_LINE)
    start = averages[averages["mark"] == "pretrained"]
    own = averages[averages["mark"] != "pretrained"]
    varied = own[~own["kind"].isin(STILL)]
    rates = sorted(varied["learning_rate"].dropna().unique())
    shades = colormaps["plasma"](np.linspace(0, 0.82, max(2, len(rates))))
    look = {rate: (shades[i], SHAPES[i % len(SHAPES)]) for i, rate in enumerate(rates)}
    for (kind, _), line in own.groupby(["kind", "setting"]):
        line = pd.concat([start, line])
        shade, shape = look.get(line["learning_rate"].iloc[-1], ("0.3", "."))
        style: dict[str, Any] = {
            "linestyle": "--" if kind == "frozen_batch_norm" else "-",
            "marker": shape,
        }
        if kind in STILL:
            shade, style = "black", {"linestyle": ":", "marker": "x"}
        axes.plot(line["x"], line["y"], color=shade, linewidth=1, markersize=3.5, clip_on=False,
                  zorder=3 if kind in STILL else 2, **style)  # fmt: skip
    diverged = own[own["mark"] == "diverged"]
    axes.scatter(diverged["x"], diverged["y"], marker="s", s=34, facecolors="none",
                 edgecolors=DIVERGED, linewidths=1.4, clip_on=False, zorder=4)  # fmt: skip
    axes.scatter(start["x"], start["y"], marker="o", s=60, facecolors="none", edgecolors="black",
                 linewidths=1.3, clip_on=False, zorder=5)  # fmt: skip
    axes.set(xlim=(0, averages["x"].max() * 1.03), ylim=(0, LIMIT), yticks=(0, 5, 10))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("Unlearning epoch", fontsize=TEXT)
    axes.set_ylabel("Average P95 KLoM over the\nforget, retain and validation sets", fontsize=TEXT)
    tidy(axes)

    handles: list[Artist] = []
    present = set(own["kind"])
    for kind, written in zip(STILL, ("0", "strength 0"), strict=True):
        if kind in present:
            handles.append(Line2D([], [], color="black", linestyle=":", marker="x", label=written))
    for rate, (shade, shape) in look.items():
        written = f"{rate:g}".replace("e-0", "e-")
        handles.append(Line2D([], [], color=shade, marker=shape, markersize=4, label=written))
    if varied["learning_rate"].isna().any():
        handles.append(Line2D([], [], color="0.3", marker=".", label="none"))
    if "frozen_batch_norm" in present:
        handles.append(Line2D([], [], color="0.4", linestyle="--", label="frozen BatchNorm"))
    return handles
