"""The rows of scores.csv: their columns, and how tables of them are read and joined.

Apart from how they are computed: what only reads them, such as a figure, loads no compiled loops.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.tables import ordered, read_tables

#: Columns that every row has, in order; hyperparameters stand between the two groups.
IDENTITY = ["method", "setting", "kind", "epoch", "in_grid", "forget_set", "split"]
MEASURES = [
    "n_members",
    "n_points",
    "klom_p95",
    "klom_p95_low",
    "klom_p95_high",
    "klom_p99",
    "klom_mean",
    "klom_median",
    "floor_p95",
    "floor_mean",
    "n_nonfinite",
    "accuracy",
    "loss",
    "relative_cost",
    "seconds",
]

#: Measures that only some tables have; they stand before the others.
FURTHER = ["klom_reversed_p95", "klom_reversed_mean"]

SPLITS = ("forget", "retain", "validation")


def split_points(
    forget: NDArray[np.int64], n_train: int, n_validation: int
) -> dict[str, NDArray[np.int64]]:
    """Return the indices of the forget, retain and validation points in data-set order.

    Parameters
    ----------
    forget : indices into the training points
    n_train, n_validation : sizes of the two parts of the data set
    """
    train = np.arange(n_train)
    validation = np.arange(n_train, n_train + n_validation)
    return dict(zip(SPLITS, (forget, np.setdiff1d(train, forget), validation), strict=True))


def with_floor(rows: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the noise floor of their forget set and split.

    Parameters
    ----------
    rows : scores of one forget set
    baselines : scores of the same forget set, the rows of ``oracle_floor`` among them
    """
    floor = baselines[baselines["method"] == "oracle_floor"].set_index("split")
    return rows.assign(
        floor_p95=rows["split"].map(floor["klom_p95"]),
        floor_mean=rows["split"].map(floor["klom_mean"]),
    )


def tidy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with their columns in the documented order."""
    return ordered(rows, IDENTITY, [*(name for name in FURTHER if name in rows), *MEASURES])


def read_scores(paths: Sequence[str]) -> pd.DataFrame:
    """Read and join score tables; forget sets stay text.

    Raises
    ------
    ValueError
        When a table is not a table of scores.
    """
    return tidy(read_tables(paths, [*IDENTITY, *MEASURES]))
