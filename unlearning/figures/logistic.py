"""Logistic regression run for real: iterates against closed forms, distance to the oracle."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure, wrap
from unlearning.figures.theme import BLUE, GREEN, TEXT, VERMILION, tidy

METHODS = {
    "retraining": (BLUE, "descent on the retain set"),
    "descent-ascent": (VERMILION, "descent-ascent"),
    "iterative": (GREEN, "iterative descent-ascent"),
}
PREDICTED: dict[str, Any] = {"linestyle": "--", "linewidth": 0.9}
DIVERGED: dict[str, Any] = {"marker": "x", "markersize": 6, "markeredgewidth": 1.6, "linewidth": 0}
START: dict[str, Any] = {"color": "0.2", "linestyle": ":", "linewidth": 1.0}
WIDTH, HEIGHT, GAP = 1.7, 1.35, (0.5, 0.62)
NAMES = {"w_1": "w₁", "w_2": "w₂", "w_3": "w₃", "w_4": "w₄"}
COLUMNS = (
    "data_set", "method", "time", "coordinate", "name", "range", "value", "predicted", "oracle",
    "distance", "weight_distance",
)  # fmt: skip


def draw(
    tables: dict[str, pd.DataFrame], *, options: dict[str, Any]
) -> tuple[Figure, pd.DataFrame]:
    """Draw a row of panels for each data set: its coordinates, then the distance to the oracle.

    Parameters
    ----------
    tables : dict
        `logistic`: rows of `unlearning.theory.logistic.run_data_set` with a column `data_set`.
    options : dict
        `step`: the step size, for the footnote.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        The rows, as given.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    drawn = tables["logistic"]
    require_columns(drawn, COLUMNS, "logistic")
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    names = list(drawn["data_set"].unique())
    across = 1 + max(drawn["coordinate"])
    for row, name in enumerate(names):
        table = drawn[drawn["data_set"] == name]
        correlated = "x" in set(table["name"])
        last_row = row == len(names) - 1
        panels: list[tuple[str, str, pd.DataFrame]] = [
            (str(coordinate), "value", part) for coordinate, part in table.groupby("name")
        ]
        if correlated:
            panels.append(("x and y: distance to the oracle", "distance", panels[0][2]))
        panels.append(("weights: distance to the oracle", "weight_distance", panels[0][2]))
        for column, (title, quantity, part) in enumerate(panels):
            place = across - 1 if quantity == "weight_distance" else column
            axes = figure.add_axes((0, 0, 0.5, 0.5))
            corner = (place * (WIDTH + GAP[0]), (len(names) - 1 - row) * (HEIGHT + GAP[1]))
            boxes[axes] = (*corner, WIDTH, HEIGHT)
            _panel(axes, part, quantity)
            head = NAMES.get(title, title)
            if quantity == "value":
                head = f"{head}: {part['range'].iloc[0]}"
            axes.set_title(wrap(head, 1.25 * WIDTH, TEXT - 1), fontsize=TEXT - 1, pad=4)
            if last_row:
                axes.set_xlabel("time (steps × η)", fontsize=TEXT)
            if place == 0:
                axes.set_ylabel(wrap(name, HEIGHT), fontsize=TEXT, labelpad=4)
    notes = [
        f"η = {options['step']:g}",
        "all start from the pretrained weights; linear in time up to ten steps, then logarithmic",
        "iterative: dashed is its fixed point, for x and y that of descent-ascent at 2λ",
    ]
    assemble(figure, boxes, [("", _handles())], notes)
    return figure, drawn


def _panel(axes: Axes, table: pd.DataFrame, quantity: str) -> None:
    """Draw a quantity of each method over time."""
    tidy(axes)
    first = table.loc[table["time"] > 0, "time"].min()
    axes.set_xscale("symlog", linthresh=10 * first, linscale=0.4)
    # A tick at the end of the linear part would touch the one at 0.
    axes.set_xticks([0, *(10.0**k for k in range(-9, 9) if first * 20 < 10.0**k)])
    axes.set_xlim(0, table["time"].max())
    start = table.loc[table["time"] == 0, quantity].iloc[0]
    axes.axhline(start, **START)
    shown = [start]
    for method, (colour, _) in METHODS.items():
        path = table[table["method"] == method]
        if quantity == "value":
            end = path["predicted"].iloc[0]
            axes.axhline(end, color=colour, **PREDICTED)
            shown.append(end)
        axes.plot(path["time"], path[quantity], color=colour, linewidth=1.2)
        if path["time"].max() < table["time"].max():
            axes.plot(path["time"].iloc[-1], path[quantity].iloc[-1], color=colour, **DIVERGED)
        shown.extend(path[quantity] if method != "descent-ascent" else path[quantity][:1])
        if quantity != "value" and method != "retraining":
            nearest = path.iloc[int(path[quantity].argmin())]
            if nearest[quantity] < start * (1 - 1e-3):
                axes.plot(
                    nearest["time"], nearest[quantity], marker="v", color=colour, markersize=5
                )
    low, high = np.nanmin(shown), np.nanmax(shown)
    stable = table[table["method"] == "descent-ascent"]
    if stable["predicted"].notna().all():
        low, high = min(low, stable[quantity].min()), max(high, stable[quantity].max())
    margin = 0.08 * (high - low)
    axes.set_ylim(0 if quantity != "value" else low - margin, high + margin)


def _handles() -> list[Artist]:
    handles: list[Artist] = [
        Line2D([], [], color=colour, linewidth=1.2, label=label)
        for colour, label in METHODS.values()
    ]
    return [
        *handles,
        Line2D([], [], color="0.4", label="where it should end, by closed form", **PREDICTED),
        Line2D([], [], label="pretrained", **START),
        Line2D([], [], color="0.4", label="diverges from here", **DIVERGED),
        Line2D([], [], color="0.4", marker="v", markersize=5, linewidth=0,
               label="nearest to the oracle, if nearer than pretrained"),
    ]  # fmt: skip
