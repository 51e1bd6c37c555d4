"""How all figures look, whatever a person's own matplotlib settings are: sizes, colours, lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import seaborn
from matplotlib import colormaps
from matplotlib.axes import Axes

TEXT, SMALL = 9.0, 7.0
"""Points: what is read with the figure, and what is looked up in it."""

#: Okabe and Ito's colours, which stay apart in every common form of colour blindness.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PINK, SKY, VERMILION = "#CC79A7", "#56B4E9", "#D55E00"
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION)
#: What went wrong.
DIVERGED = VERMILION
COLOURS = colormaps["cividis"].with_extremes(bad="0.75")
BAND: dict[str, Any] = {"color": "0.5", "alpha": 0.22, "linewidth": 0, "zorder": 0}

RC: dict[str, Any] = {
    # No other font that this machine may have: the same figure everywhere.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.titlesize": TEXT,
    "legend.fontsize": TEXT - 1,
    "legend.title_fontsize": TEXT - 1,
    "axes.linewidth": 0.5,
    "axes.edgecolor": "black",
    **{f"{axis}tick.labelsize": SMALL + 1 for axis in "xy"},
    **{f"{axis}tick.{which}.width": 0.5 for axis in "xy" for which in ("major", "minor")},
    **{f"{axis}tick.major.size": 2.0 for axis in "xy"},
    **{f"{axis}tick.minor.size": 1.2 for axis in "xy"},
    # Marks and bands say themselves what edge they have.
    "patch.force_edgecolor": False,
    "patch.edgecolor": "black",
}


@contextmanager
def applied() -> Iterator[None]:
    """Draw and save in seaborn's ``ticks`` with these settings: a matplotlibrc changes no figure.

    Where a figure's module sets a size or a colour of its own, that holds; afterwards all is as it
    was.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        seaborn.set_theme(context="paper", style="ticks", palette=PALETTE, color_codes=False, rc=RC)
        yield


def tidy(axes: Axes) -> None:
    """Give a panel thin spines and small ticks, also where it is drawn outside of `applied`."""
    axes.tick_params(labelsize=SMALL + 1, width=0.5, length=2)
    axes.spines[:].set_linewidth(0.5)
