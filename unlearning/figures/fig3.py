"""Figure 3: the alpha for which descent-ascent is detrimental, guaranteed and exact."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from unlearning.artifacts.tables import require_columns
from unlearning.figures.layout import Box, assemble, new_figure
from unlearning.figures.theme import TEXT, tidy

COLUMNS = ("forget", "epsilon", "low", "high", "exact_low", "exact_high")
ACROSS = 3
SIZE = 1.75
GAP = (0.42, 0.72)
LOWER: dict[str, Any] = {"linestyle": "--", "linewidth": 1.0}
UPPER: dict[str, Any] = {"linestyle": "-", "linewidth": 1.0}
EQUAL: dict[str, Any] = {"color": "0.45", "linestyle": ":", "linewidth": 0.8}
EXACT: dict[str, Any] = {"facecolor": "0.85", "edgecolor": "0.6", "linewidth": 0.6}


def draw(
    tables: dict[str, pd.DataFrame], *, options: dict[str, Any]
) -> tuple[Figure, pd.DataFrame]:
    """Draw the guaranteed ranges in one panel, and beside the exact ones in a panel each.

    Parameters
    ----------
    tables : dict
        `ranges`: a row for each size of the forget set and correlation, as
        `unlearning.theory.correlation.tabulate_ranges` gives them.
    options : dict
        `data`, `retain_ij`, `ridge`: what the ranges were computed for, for the footnote.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        The ranges, and `guaranteed`: whether Lemma 11's threshold is below Lemma 4's there.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    table = tables["ranges"]
    require_columns(table, COLUMNS, "ranges")
    drawn = table.assign(guaranteed=table["low"] <= table["high"])
    sizes = sorted(drawn["forget"].unique())
    shades = colormaps["viridis"](np.linspace(0.1, 0.85, len(sizes)))
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    rows = -(-(len(sizes) + 1) // ACROSS)
    for place in range(len(sizes) + 1):
        axes = figure.add_axes((0, 0, 0.5, 0.5))
        row, column = divmod(place, ACROSS)
        corner = (column * (SIZE + GAP[0]), (rows - 1 - row) * (SIZE + GAP[1]))
        boxes[axes] = (*corner, SIZE, SIZE)
        tidy(axes)
        axes.set_xlim(0, 1)
        if row == rows - 1 or place + ACROSS > len(sizes):
            axes.set_xlabel("correlation ε", fontsize=TEXT)
        if column == 0:
            axes.set_ylabel("α = |F$_{ij}$| / |R$_{ij}$|", fontsize=TEXT)
        if place == 0:
            for size, shade in zip(sizes, shades, strict=True):
                _guaranteed(axes, drawn[drawn["forget"] == size], shade)
            _finish(axes, options["data"], sizes[-1], "as in the paper\nguaranteed alone")
        else:
            size, shade = sizes[place - 1], shades[place - 1]
            rows_of_size = drawn[drawn["forget"] == size]
            axes.fill_between(
                rows_of_size["epsilon"], rows_of_size["exact_low"], rows_of_size["exact_high"],
                **EXACT,
            )  # fmt: skip
            _guaranteed(axes, rows_of_size, shade)
            share = f"{100 * _share(rows_of_size):.0f} %"
            title = f"|F| = {size:g}\n{share} of the exact region"
            _finish(axes, options["data"], size, title)
            ratio = size / (options["data"] - size)
            axes.axhline(ratio, **EQUAL)
    notes = [
        f"|D| = {options['data']:g}, |R$_{{ij}}$| = {options['retain_ij']:g}, "
        f"λ = {options['ridge']:g}",
        "per cent: area between the lemmas over exact area",
    ]
    colours: list[Artist] = [
        Patch(color=shade, label=f"{size:g}") for size, shade in zip(sizes, shades, strict=True)
    ]
    assemble(figure, boxes, [("", _handles()), ("|F|", colours)], notes)
    return figure, drawn


def _guaranteed(axes: Axes, table: pd.DataFrame, shade: Any) -> None:
    axes.plot(table["epsilon"], table["low"], color=shade, **LOWER)
    axes.plot(table["epsilon"], table["high"], color=shade, **UPPER)
    axes.fill_between(
        table["epsilon"], table["low"], table["high"], where=table["guaranteed"], color=shade,
        alpha=0.45, linewidth=0,
    )  # fmt: skip


def _finish(axes: Axes, data: float, size: float, title: str) -> None:
    axes.set_ylim(0, 1.12 * size / (data - size))
    axes.set_title(title, fontsize=TEXT, pad=4)


def _share(table: pd.DataFrame) -> float:
    """Area between the guaranteed thresholds over the area of the exact region."""
    epsilon = table["epsilon"].to_numpy()
    guaranteed = np.maximum(0, (table["high"] - table["low"]).to_numpy())
    exact = (table["exact_high"] - table["exact_low"]).fillna(0).to_numpy()
    return float(np.trapezoid(guaranteed, epsilon) / np.trapezoid(exact, epsilon))


def _handles() -> list[Artist]:
    return [
        Line2D([], [], color="0.2", label="Lemma 11: from here x$_D$ ≥ x$_{DA}$, y$_D$ ≥ y$_{DA}$",
               **LOWER),
        Line2D([], [], color="0.2", label="Lemma 4: up to here x$_R$ ≥ x$_D$, y$_R$ ≥ y$_D$",
               **UPPER),
        Patch(color="0.35", alpha=0.45, linewidth=0, label="guaranteed: between them"),
        Patch(label="exact: where both orders hold", **EXACT),
        Line2D([], [], label="α = |F| / |R|", **EQUAL),
    ]  # fmt: skip
