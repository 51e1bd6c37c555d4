"""Lines and marks whose intervals stand in their table, drawn with seaborn."""

from typing import Any

import pandas as pd
import seaborn
from matplotlib.axes import Axes

#: Of a value and the two ends of its interval the median is the value, and the range the interval.
AS_TABLED: dict[str, Any] = {"estimator": "median", "errorbar": ("pi", 100), "legend": False}


def tall(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return a table with three rows for each of its own: the value, and the ends of its interval.

    Parameters
    ----------
    table : has the columns ``value``, ``value_low`` and ``value_high``
    value : name of the first
    """
    return pd.concat(
        [table.assign(**{value: table[f"{value}{end}"]}) for end in ("", "_low", "_high")],
        ignore_index=True,
    )


def draw_bands(axes: Axes, table: pd.DataFrame, *, x: str, y: str, hue: str, **look: Any) -> None:
    """Draw a line through the values of each ``hue``, in a band that is their interval.

    Parameters
    ----------
    axes : where to
    table : one row a point, as `tall` takes it
    x, y, hue : columns
    look : further arguments of ``seaborn.lineplot``, such as the palette
    """
    seaborn.lineplot(
        tall(table, y), x=x, y=y, hue=hue, ax=axes, err_kws={"linewidth": 0}, **AS_TABLED, **look
    )
