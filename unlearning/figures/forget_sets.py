"""Contact sheet: what the points of each forget set look like, images or texts."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from unlearning.figures.layout import new_figure

TITLE_SIZE, TEXT_SIZE = 8.0, 7.0
CELL, TITLE, LINE, EDGE = 0.52, 0.24, 0.11, 0.08
"""Inches: an image, a title, a line of class names, and the margin of the sheet."""
TEXT_LINE = 0.16
"""Inches: a line of a sheet of texts."""


def draw(
    images: npt.NDArray[np.uint8],
    forget_sets: Mapping[str, Sequence[int] | npt.NDArray[np.integer]],
    labels: Sequence[object] | npt.NDArray[np.generic],
    *,
    titles: Mapping[str, str],
    per_set: int = 20,
) -> Figure:
    """Draw a row of images with their class for each forget set.

    Parameters
    ----------
    images : uint8 array, shape (n, height, width, channels)
        The training images; 1 channel is drawn in grey, 3 in colour.
    forget_sets : mapping of str to int array
        Indices into `images` of each forget set, in the order in which rows appear.
    labels : sequence of length n
        Class of each image, as it should be written.
    titles : mapping of str to str
        Title of a row by forget set; the name of the forget set where absent.
    per_set : int
        Largest number of images a row; larger sets are sampled evenly over their indices.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the images have another shape or type, a set is empty or out of range, or `per_set`
        is below 1.
    """
    if images.ndim != 4 or images.shape[3] not in (1, 3) or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape (n, height, width, 1 or 3), got {images.dtype} "
            f"{images.shape}."
        )
    if len(labels) != len(images):
        raise ValueError(f"labels must hold one class for each of the {len(images)} images.")
    if per_set < 1 or not forget_sets:
        raise ValueError("a contact sheet needs at least one forget set and per_set of 1 or more.")
    chosen = {name: sample(name, indices, len(images), per_set)
              for name, indices in forget_sets.items()}  # fmt: skip

    columns = max(len(indices) for indices in chosen.values())
    texts = {i: textwrap.fill(str(labels[i]), 12) for drawn in chosen.values() for i in drawn}
    lines = [line for text in texts.values() for line in text.split("\n")]
    size = min(6.5, 72 * CELL / (0.65 * max(map(len, lines))))
    row = CELL + TITLE + LINE * (1 + max(text.count("\n") for text in texts.values()))
    headings = {name: heading(titles.get(name, name), len(forget_sets[name]), len(indices))
                for name, indices in chosen.items()}  # fmt: skip
    longest = max(map(len, headings.values())) * 0.56 * TITLE_SIZE / 72
    width, height = max(columns * CELL, longest) + 2 * EDGE, row * len(chosen) + 2 * EDGE
    figure = new_figure()
    figure.set_size_inches(width, height)
    for place, (name, indices) in enumerate(chosen.items()):
        bottom = height - EDGE - TITLE - CELL - place * row
        box = (EDGE / width, bottom / height, columns * CELL / width, CELL / height)
        axes = figure.add_axes(box, label=name)
        for column, i in enumerate(indices):
            extent = (column + 0.04, column + 0.96, 0.04, 0.96)
            axes.imshow(images[i].squeeze(), cmap="gray", vmin=0, vmax=255, extent=extent)
            axes.text(column + 0.5, -0.02, texts[i], fontsize=size, ha="center", va="top")
        axes.set(xlim=(0, columns), ylim=(0, 1), aspect="auto")
        axes.set_axis_off()
        axes.text(0.04, 1.06, headings[name], fontsize=TITLE_SIZE, ha="left", va="bottom")
    return figure


def draw_texts(
    texts: Sequence[str],
    forget_sets: Mapping[str, Sequence[int] | npt.NDArray[np.integer]],
    groups: Sequence[str],
    *,
    titles: Mapping[str, str],
    per_set: int = 30,
) -> Figure:
    """Write some texts of each forget set, with the group of each.

    Parameters
    ----------
    texts : the training texts
    forget_sets : indices into `texts` of each forget set, in the order in which they appear
    groups : name of the group of each text, empty where it has none
    titles : title by forget set; the name of the forget set where absent
    per_set : largest number of texts of a set; larger sets are sampled evenly over their indices

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a set is empty or out of range.
    """
    blocks = []
    for name, indices in forget_sets.items():
        chosen = sample(name, indices, len(texts), per_set)
        named = [f"{texts[i]} ({groups[i]})" if groups[i] else texts[i] for i in chosen]
        # A dollar sign would begin a formula.
        lines = textwrap.wrap(", ".join(named).replace("$", r"\$"), 140)
        title = heading(titles.get(name, name), len(indices), len(chosen), "sequences")
        blocks.append((title, lines))
    rows = sum(len(lines) + 2 for _, lines in blocks)
    height = rows * TEXT_LINE + 2 * EDGE
    figure = new_figure()
    figure.set_size_inches(7.5, height)
    top = height - EDGE
    for title, lines in blocks:
        for place, line in enumerate([title, *lines]):
            size = TITLE_SIZE if not place else TEXT_SIZE
            figure.text(EDGE / 7.5, top / height, line, fontsize=size, ha="left", va="top")
            top -= TEXT_LINE
        top -= TEXT_LINE
    return figure


def heading(title: str, size: int, shown: int, what: str = "images") -> str:
    """Say how many points a forget set holds, and how many of them are shown if not all."""
    return f"{title} ({size} {what}{f', {shown} shown' if shown < size else ''})"


def sample(
    name: str, indices: Sequence[int] | npt.NDArray[np.integer], n: int, count: int
) -> list[int]:
    """Take up to `count` indices, evenly spaced over a forget set of `n` points.

    Raises
    ------
    ValueError
        If the forget set is empty or holds an index outside 0 to n - 1.
    """
    every = np.asarray(indices)
    if every.size == 0:
        raise ValueError(f"forget set {name!r} holds no point.")
    if every.min() < 0 or every.max() >= n:
        raise ValueError(
            f"forget set {name!r} holds indices from {every.min()} to {every.max()}; allowed are "
            f"0 to {n - 1}."
        )
    places = np.linspace(0, every.size - 1, min(count, every.size)).round().astype(int)
    return [int(i) for i in every[places]]
