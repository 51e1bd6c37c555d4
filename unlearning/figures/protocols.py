"""Published and corrected runs on the same axes: scores with their intervals, a row a run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.plane import CAP, CAP_LINE, LIMIT, SMALL, SPLITS, TEXT, tidy
from unlearning.study.method_names import method_name

COLOURS = dict(zip(SPLITS, sns.color_palette("colorblind", 3), strict=True))
MARKS = dict(zip(SPLITS, "osD", strict=True))
SHIFT = dict(zip(SPLITS, (-0.22, 0.0, 0.22), strict=True))
"""By how much of a row the splits of a run stand apart."""
WIDTH, ROW, SPACE, BETWEEN = 2.0, 0.25, 0.14, 0.3
"""Inches: a panel, a row, between two panels, between two methods."""
PUBLISHED: dict[str, Any] = {"color": "#DE8F05", "alpha": 0.16, "linewidth": 0, "zorder": 0}
FLOOR: dict[str, Any] = {"linewidth": 0.8, "linestyle": ":", "zorder": 0.5}
NOTHING: dict[str, Any] = {"linewidth": 0.8, "linestyle": "--", "zorder": 0.5}
SET_APART = ["order", "forget_limit", "student", "momentum", "weight_decay"]
KEY = ["method", "forget_set", "setting", "epoch"]
NEEDED = [*KEY, "learning_rate", "ascent_epochs", "split", "kind", "behaviour", *SET_APART]
NEEDED += ["klom_p95", "klom_p95_low", "klom_p95_high", "difference", "floor_p95", "told"]
NEEDED += ["n_members"]


def draw(
    protocols: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    labels: dict[str, str],
    study: str,
    told: Sequence[str] = (),
) -> tuple[Figure, pd.DataFrame]:
    """Draw every run that is as published or has another optimizer, and the corrected ones.

    Parameters
    ----------
    protocols, cells : DataFrame
        What `compare_protocols` and `compare_with_nothing` of `unlearning.answer.controls`
        returned.
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
        A row a mark: ``row`` is the run's name in the figure, ``published`` whether it is as
        published in all that the study has, ``x`` its P95 KLoM, ``x_nothing`` that of the
        pretrained ensemble, ``x_floor`` the floor, ``told`` whether the first two differ.

    Raises
    ------
    ValueError
        If a column is missing, or no run stands beside a corrected one.
    """
    require_columns(cells, NEEDED, "cells")
    require_columns(protocols, [*KEY, "split", "corrected_setting", "published"], "protocols")
    if protocols.empty:
        raise ValueError("protocols has no row: no run as published stands beside a corrected one.")
    drawn = chosen(protocols, cells)
    sets = list(drawn["forget_set"].unique())
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    methods, bottom = list(drawn["method"].unique()), 0.0
    for method in methods[::-1]:
        own = drawn[drawn["method"] == method]
        rows = list(dict.fromkeys(own["row"]))
        height = ROW * len(rows)
        for column, name in enumerate(sets):
            axes = figure.add_axes((0, 0, 0.5, 0.5), label=f"{method}, forget set {name}")
            draw_panel(axes, own[own["forget_set"] == name], rows)
            axes.tick_params(labelleft=column == 0, labelbottom=method == methods[-1])
            boxes[axes] = (column * (WIDTH + SPACE), bottom, WIDTH, height)
            if method == methods[0]:
                title = wrap(f"Forget set {labels.get(name, name)}", WIDTH)
                axes.set_title(title, fontsize=TEXT, pad=5)
            if column == 0:
                axes.annotate(method_name(method, told), (0, 1), (-5, 3), ha="right",
                              xycoords="axes fraction", textcoords="offset points",
                              fontsize=TEXT, fontweight="bold")  # fmt: skip
        bottom += height + BETWEEN
    width = len(sets) * (WIDTH + SPACE) - SPACE
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("P95 KLoM", fontsize=TEXT, labelpad=15)
    boxes[frame] = (0, 0, width, bottom - BETWEEN)
    notes = [f"Study {study}", f"N = {int(drawn['n_members'].iloc[0])} members per ensemble"]
    notes += ["bars: bootstrap intervals of the scores"]
    last = drawn.groupby("method", sort=False)["epoch"].first()
    notes += [f"{method_name(method, told)} at epoch {last[method]}" for method in methods]
    assemble(figure, boxes, [("", handles())], notes)
    return figure, drawn


def chosen(protocols: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the runs to draw, in their order from above, each at its method's last epoch."""
    keys = pd.concat(
        [protocols[KEY], protocols[[*KEY[:2], "corrected_setting", "epoch"]].set_axis(KEY, axis=1)]
    ).drop_duplicates()
    last = protocols.groupby("method")["epoch"].max()
    keys = keys[keys["epoch"] == keys["method"].map(last)]
    whole = protocols.loc[protocols["published"], KEY].drop_duplicates().assign(published=True)
    found = cells.merge(keys, on=KEY).merge(whole, on=KEY, how="left")
    found["published"] = found["published"].notna()
    found["row"] = [named(run) for run in found.to_dict("records")]
    found = found.assign(
        x=found["klom_p95"].clip(upper=CAP),
        x_low=found["klom_p95_low"],
        x_high=found["klom_p95_high"].clip(upper=CAP),
        x_nothing=found["klom_p95"] - found["difference"],
        x_floor=found["floor_p95"],
    )
    order = found["behaviour"].str.count(r"\+") + (found["behaviour"] != "corrected")
    place = {method: number for number, method in enumerate(dict.fromkeys(cells["method"]))}
    found = found.assign(order=order, place=found["method"].map(place))
    found = found.sort_values(["place", "learning_rate", "order", "behaviour"], kind="stable")
    columns = ["method", "forget_set", "row", "published", *KEY[2:], "ascent_epochs", "behaviour"]
    columns += ["learning_rate", "split", "n_members", "told", "x", "x_low", "x_high"]
    return found[[*columns, "x_nothing", "x_floor"]].reset_index(drop=True)


def named(run: dict[Any, Any]) -> str:
    """Return what a figure calls a run: its learning rate, and what sets it apart."""
    said = []
    if run["student"] == "frozen":
        said.append("student frozen")
    if run["order"] == "index":
        said.append("index order")
    if str(run["forget_limit"]) != "all":
        said.append(f"first {float(run['forget_limit']):g}")
    if float(run["momentum"]):
        said.append(f"momentum {float(run['momentum']):g}")
    if float(run["weight_decay"]):
        said.append(f"decay {float(run['weight_decay']):g}".replace("e-0", "e-"))
    rate = f"{run['learning_rate']:g}".replace("e-0", "e-")
    return f"lr {rate}, {', '.join(said) or 'corrected'}"


def draw_panel(axes: Axes, drawn: pd.DataFrame, rows: list[str]) -> None:
    """Draw the runs of one method and forget set; a hollow mark is none that can be told."""
    for place in sorted({rows.index(row) for row in drawn.loc[drawn["published"], "row"]}):
        axes.axhspan(place - 0.5, place + 0.5, **PUBLISHED)
    for split, own in drawn.groupby("split", sort=False):
        colour, y = COLOURS[str(split)], own["row"].map(rows.index) + SHIFT[str(split)]
        axes.hlines(y, own["x_low"], own["x_high"], color=colour, linewidth=1)
        for told, face in ((True, colour), (False, "white")):
            those = own["told"].astype(bool) == told
            axes.scatter(own["x"][those], y[those], marker=MARKS[str(split)], s=16, color=[face],
                         edgecolors=[colour], linewidths=0.9, zorder=3, clip_on=False)  # fmt: skip
        axes.axvline(own["x_nothing"].iloc[0], color=colour, **NOTHING)
        axes.axvline(own["x_floor"].iloc[0], color=colour, **FLOOR)
    if drawn.empty:  # a cut that cuts nothing is no run of its own
        axes.text(LIMIT / 2, (len(rows) - 1) / 2, "no such run on this set", fontsize=SMALL,
                  color="0.35", ha="center", va="center")  # fmt: skip
    axes.axvline(CAP, **CAP_LINE)
    axes.set(xlim=(0, LIMIT), ylim=(len(rows) - 0.5, -0.5), xticks=(0, 5, 10))
    axes.set_yticks(np.arange(len(rows)), rows)
    tidy(axes)
    axes.tick_params(left=False)
    axes.tick_params(axis="y", labelsize=SMALL)


def handles() -> list[Artist]:
    """Legend entries."""
    splits = [
        Line2D([], [], color=COLOURS[split], marker=MARKS[split], markersize=4, linewidth=1,
               label=f"{split} set")
        for split in SPLITS
    ]  # fmt: skip
    hollow = Line2D([], [], color="0.3", marker="o", markersize=4, markerfacecolor="white",
                    linewidth=0, label="hollow: cannot be told from pretrained")  # fmt: skip
    return [
        *splits,
        hollow,
        Line2D([], [], color="0.3", label="pretrained, nothing unlearned", **NOTHING),
        Line2D([], [], color="0.3", label="noise floor at this N", **FLOOR),
        Line2D([], [], label="largest possible score, ln 10⁵", **CAP_LINE),
        Patch(label="as published in all that the study has", **PUBLISHED),
    ]
