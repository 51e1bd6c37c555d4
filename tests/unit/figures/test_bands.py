"""Intervals that stand in a table are drawn as they stand there."""

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection

from unlearning.figures.bands import draw_bands, tall
from unlearning.figures.layout import new_figure

TABLE = pd.DataFrame(
    {"n": [10, 20, 50], "line": "a", "y": [5.0, 2.0, 1.0], "y_low": [4.0, 1.9, 0.2]}
).assign(y_high=[9.0, 2.1, 1.1])


def test_a_row_becomes_its_value_and_both_ends():
    found = tall(TABLE, "y").groupby("n")["y"].agg(["median", "min", "max"])
    assert found.to_numpy().tolist() == TABLE[["y", "y_low", "y_high"]].to_numpy().tolist()


def test_line_and_band_are_those_of_the_table():
    axes = new_figure().add_subplot()
    draw_bands(axes, TABLE, x="n", y="y", hue="line", palette={"a": "black"})
    assert np.allclose(axes.lines[0].get_xydata(), TABLE[["n", "y"]])
    (band,) = [each for each in axes.collections if isinstance(each, PolyCollection)]
    corners = {tuple(corner) for path in band.get_paths() for corner in path.vertices.tolist()}
    for end in ("y_low", "y_high"):
        assert set(zip(TABLE["n"], TABLE[end], strict=True)) <= corners
