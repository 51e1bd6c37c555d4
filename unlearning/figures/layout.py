"""Arrangement of panels into a figure: sizes measured in inches, legend and footnote below."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from unlearning.figures.plane import (
    CAP_LINE,
    MARKS,
    MEANINGS,
    PATH,
    colour_bar,
    coordinates,
    cost_norm,
    draw_plane,
    requested,
    runs,
    select,
)
from unlearning.figures.theme import BAND, COLOURS, SMALL, TEXT
from unlearning.study.method_names import TOLD, TOLD_MEANS, method_name

Box = tuple[float, float, float, float]
"""Left, bottom, width and height of a panel, in inches from any common origin."""
PAD = 0.08


def new_figure() -> Figure:
    """Make an empty figure that belongs to no window and no global state."""
    figure = Figure(dpi=150)
    FigureCanvasAgg(figure)
    return figure


def wrap(text: str, inches: float, size: float = TEXT) -> str:
    """Break a text into lines of even length that fit a width, for a font size in points."""
    width = max(8, int(inches * 72 / (0.5 * size)))
    lines = textwrap.wrap(text, width)
    longest = max(map(len, textwrap.wrap(text, 1, break_long_words=False)))
    even = [textwrap.wrap(text, shorter) for shorter in range(min(longest, width), width + 1)]
    return "\n".join(next((choice for choice in even if len(choice) == len(lines)), lines))


def legend_handles(drawn: pd.DataFrame, *, intervals: bool, paths: bool = False) -> list[Artist]:
    """Legend entries for what occurs in `drawn`, and for nothing else."""
    handles: list[Artist] = []
    occurring = set(drawn["mark"])
    for mark in MEANINGS:
        if mark in occurring:
            style = MARKS[mark]
            face = style.get("facecolors", COLOURS(0.55))
            handles.append(
                Line2D([], [], label=MEANINGS[mark], marker=style["marker"],
                       markersize=style["s"] ** 0.5, markerfacecolor=face,
                       markeredgecolor=style.get("edgecolors", style.get("color")),
                       markeredgewidth=style["linewidths"], color="0.2",
                       linewidth=0.6 if mark == "stopped" else 0)
            )  # fmt: skip
    if drawn[["x_floor", "y_floor"]].notna().any(axis=None):
        handles.append(Patch(label="noise floor at this N", **BAND))
    handles.append(Line2D([], [], label="largest possible score, ln 10⁵", **CAP_LINE))
    if intervals and drawn[["x_low", "y_low"]].notna().any(axis=None):
        handles.append(Line2D([], [], color="0.6", linewidth=0.8, label="bootstrap interval"))
    if paths:
        handles.append(Line2D([], [], label="one setting over the epochs", **PATH))
    return handles


def footnote(drawn: pd.DataFrame, study: str) -> list[str]:
    """Say how large the ensembles are, how many settings and runs are drawn, and of which study."""
    own = drawn[drawn["kind"] != "baseline"]
    low, high = int(own["n_members"].min()), int(own["n_members"].max())
    members = f"{low}" if low == high else f"{low}–{high}"
    settings = len(own.drop_duplicates(["method", "kind", "setting"]))
    count = len(own.drop_duplicates(["method", "kind", "setting", "epoch", "forget_set"]))
    return [
        f"Study {study}",
        f"N = {members} members per ensemble",
        f"{settings} settings, {count} runs (a setting at an epoch on a forget set)",
    ]


def _add_legend(figure: Figure, handles: Sequence[Artist], title: str, width: float) -> Any:
    """Add a legend in as many columns as fit into `width` inches, evenly filled."""
    for rows in range(1, len(handles) + 1):
        legend = figure.legend(
            handles=handles, title=title or None, ncols=int(np.ceil(len(handles) / rows)),
            fontsize=TEXT - 1, title_fontsize=TEXT - 1, frameon=False, loc="upper center",
            borderaxespad=0, borderpad=0, handletextpad=0.5, columnspacing=1.6, labelspacing=0.35,
        )  # fmt: skip
        if _size(legend, figure)[0] <= width or rows == len(handles):
            return legend
        legend.remove()
    raise AssertionError("a legend has at least one entry")


def _size(artist: Artist, figure: Figure) -> tuple[float, float]:
    """Width and height of an artist in inches."""
    box = artist.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    return box.width / figure.dpi, box.height / figure.dpi


def assemble(
    figure: Figure,
    boxes: dict[Axes, Box],
    legends: Sequence[tuple[str, list[Artist]]],
    notes: Sequence[str],
) -> None:
    """Size a figure by what it holds: panels on top, legends centred below, a footnote last.

    Parameters
    ----------
    figure : Figure
        The figure of the axes in `boxes`.
    boxes : dict
        Every axes with its place in inches; labels may reach out of the box.
    legends : sequence of (str, list of Artist)
        Title (may be empty) and entries of each legend block.
    notes : sequence of str
        Parts of the footnote: as many on a line as fit. What the mark of a method that is told
        the answer means is added where a name has it.
    """

    def place(left: float, bottom: float) -> None:
        width, height = figure.get_size_inches()
        for axes, (x, y, w, h) in boxes.items():
            axes.set_position(((x + left) / width, (y + bottom) / height, w / width, h / height))

    place(0, 0)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    drawn = [axes.get_tightbbox(renderer) for axes in boxes]
    extent = Bbox.union([box for box in drawn if box is not None])
    x0, y0, x1, y1 = np.asarray(extent.extents) / figure.dpi
    blocks = [_add_legend(figure, handles, title, x1 - x0) for title, handles in legends]
    written = [*notes, *(text.get_text() for text in figure.findobj(Text))]
    if any(TOLD in text for text in written):
        notes = [*notes, TOLD_MEANS]
    note = figure.text(0, 0, notes[0], fontsize=SMALL, color="0.35", va="bottom")
    for part in notes[1:]:
        before = note.get_text()
        note.set_text(f"{before}   ·   {part}")
        if _size(note, figure)[0] > x1 - x0:
            note.set_text(f"{before}\n{part}")
    sizes = [_size(block, figure) for block in [*blocks, note]]
    width = max(x1 - x0, *(w for w, _ in sizes)) + 2 * PAD
    below = sum(h + 1.5 * PAD for _, h in sizes)
    height = (y1 - y0) + below + 2 * PAD
    figure.set_size_inches(width, height)
    place((width - (x1 - x0)) / 2 - x0, PAD + below - y0)
    top = PAD + below
    for block, (_, block_height) in zip(blocks, sizes, strict=False):
        top -= 1.5 * PAD
        block.set_bbox_to_anchor((0.5, top / height), figure.transFigure)
        top -= block_height
    note.set_position((PAD / width, PAD / height))


def draw_planes(
    scores: pd.DataFrame,
    options: dict[str, Any],
    study: str,
    *,
    y_split: str,
    intervals: bool,
    methods_in_columns: bool = False,
) -> tuple[Figure, pd.DataFrame]:
    """Draw a KLoM plane for every method and forget set of `options`, on shared axes.

    Parameters
    ----------
    scores : DataFrame
        The study's scores, one row per run and split.
    options : dict
        `methods`, `forget_sets`, and optionally `labels` (forget set -> label) and `told`, the
        methods that are told the answer.
    study : str
        Name of the study, for the footnote.
    y_split : {"validation", "retain"}
        Split on the y-axis; the x-axis is always the forget set.
    intervals : bool
        Draw the bootstrap intervals; for figures of few, large panels.
    methods_in_columns : bool
        Methods in columns and forget sets in rows, instead of the other way round.

    Returns
    -------
    figure : Figure
    drawn : DataFrame
        One row per mark: `panel`, `mark`, the run, `x`, `y`, intervals, and floors.

    Raises
    ------
    ValueError
        If columns are missing or a requested method has no run on a forget set.
    """
    methods, forget_sets, titles = requested(options)
    table = runs(scores)
    panels = {
        (method, forget_set): coordinates(
            select(table, method, forget_set), y_split, f"{method}, forget set {forget_set}"
        )
        for method in methods
        for forget_set in forget_sets
    }
    drawn = pd.concat(panels.values(), ignore_index=True)
    norm = cost_norm(drawn)
    names = {method: method_name(method, options.get("told", ())) for method in methods}
    columns, rows = (names, titles) if methods_in_columns else (titles, names)
    size = float(np.clip(11 / len(columns), 1.25, 1.9))
    merged = methods_in_columns and len(rows) == 1
    side = {row: "" if merged else wrap(label, size, 1.15 * TEXT) for row, label in rows.items()}
    figure = new_figure()
    boxes: dict[Axes, Box] = {}
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            axes = figure.add_axes((0, 0, 0.5, 0.5))
            panel = panels[(column, row) if methods_in_columns else (row, column)]
            draw_plane(axes, panel, norm, intervals=intervals, scale=size / 1.9)
            axes.tick_params(labelleft=j == 0, labelbottom=i == len(rows) - 1)
            if i == 0:
                heading = [columns[column], rows[row]] if merged else [columns[column]]
                title = "\n".join(wrap(part, size) for part in heading)
                axes.set_title(title, fontsize=TEXT, pad=11)
            if j == 0:
                axes.set_ylabel(side[row], fontsize=TEXT, fontweight="bold", labelpad=3)
            boxes[axes] = (j * (size + 0.14), (len(rows) - 1 - i) * (size + 0.26), size, size)

    width = len(columns) * (size + 0.14) - 0.14
    height = len(rows) * (size + 0.26) - 0.26
    frame = figure.add_axes((0, 0, 0.5, 0.5), frameon=False, xticks=[], yticks=[], zorder=-1)
    frame.set_xlabel("P95 KLoM on the forget set", fontsize=TEXT, labelpad=17)
    lines = 0 if merged else 1 + max(label.count("\n") for label in side.values())
    frame.set_ylabel(f"P95 KLoM on the {y_split} set", fontsize=TEXT, labelpad=22 + 13 * lines)
    boxes[frame] = (0, 0, width, height)
    bar = figure.add_axes((0, 0, 0.5, 0.5))
    colour_bar(bar, norm)
    boxes[bar] = (width + 0.14, max(0, height / 2 - 1.6), 0.1, min(height, 3.2))
    handles = legend_handles(drawn, intervals=intervals)
    assemble(figure, boxes, [("", handles)], footnote(drawn, study))
    return figure, drawn
