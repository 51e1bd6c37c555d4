"""From margins to the rows of scores.csv."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.tables import ordered, read_tables
from unlearning.scoring.bootstrap import bootstrap_percentile, percentile_interval
from unlearning.scoring.klom import klom

logger = logging.getLogger(__name__)

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
    "relative_cost",
    "seconds",
]

SPLITS = ("forget", "retain", "validation")


@dataclass(frozen=True)
class Scoring:
    """How margins become scores."""

    variant: str  # of KLoM
    clip: float  # margins beyond +-clip count as +-clip
    bootstrap: int  # resamplings of the members
    seed: int  # of the resampling


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


def clipped(margins: NDArray[np.float32], limit: float) -> NDArray[np.float32]:
    """Return margins clipped to +-limit, with everything non-finite as NaN."""
    finite = np.where(np.isfinite(margins), margins, np.float32(np.nan))
    return np.clip(finite, -limit, limit).astype(np.float32)


def score(
    unlearned: NDArray[np.float32],
    correct: NDArray[np.bool_],
    oracle: NDArray[np.float32],
    splits: dict[str, NDArray[np.int64]],
    scoring: Scoring,
) -> tuple[list[dict[str, Any]], NDArray[np.float64]]:
    """Score one ensemble against the oracles.

    Parameters
    ----------
    unlearned : (members, points) margins; non-finite ones are counted and, by the default variant,
        kept in a bin of their own that no oracle occupies; other variants have no place for them:
        their points, and the splits that hold one, have no score
    correct : (members, points) whether the class is predicted
    oracle : (oracles, points) margins
    splits : name -> indices of points
    scoring : how to score

    Returns
    -------
    rows : one a split, the measures without the floor
    points : (points,) KLoM of every point, NaN where there is no score
    """
    nonfinite = ~np.isfinite(unlearned)
    variant = scoring.variant
    handling = "own_bin" if variant == "default" and nonfinite.any() else "raise"
    measured = clipped(unlearned, scoring.clip)
    reference = clipped(oracle, scoring.clip)
    unscored = np.asarray(nonfinite.any(axis=0))
    if variant == "default":
        unscored[:] = False
    if unscored.any():
        logger.warning(
            "klom.variant: %s has no place for the %d non-finite margins of a diverged ensemble: "
            "%d of %d points have no score; the default variant gives them one",
            *(variant, nonfinite.sum(), unscored.sum(), len(unscored)),
        )
        # They stand there for nothing, and what comes of them is taken out again.
        measured[:, unscored] = 0
    points = klom(measured, reference, variant=variant, nonfinite=handling)
    points[unscored] = np.nan
    groups = list(splits.values())
    estimates = np.array([np.percentile(points[group], 95) for group in groups])
    deviations = bootstrap_percentile(
        measured,
        reference,
        groups,
        repeats=scoring.bootstrap,
        seed=scoring.seed,
        variant=variant,
        nonfinite=handling,
        clip=scoring.clip,
    )
    lows, highs = percentile_interval(estimates, deviations)
    rows = [
        {
            "split": name,
            "n_members": len(unlearned),
            "n_points": len(group),
            "klom_p95": estimate,
            "klom_p95_low": low,
            "klom_p95_high": high,
            "klom_p99": np.percentile(points[group], 99),
            "klom_mean": points[group].mean(),
            "klom_median": np.median(points[group]),
            "n_nonfinite": int(nonfinite[:, group].sum()),
            "accuracy": correct[:, group].mean(),
        }
        for (name, group), estimate, low, high in zip(
            splits.items(), estimates, lows, highs, strict=True
        )
    ]
    return rows, points


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
    return ordered(rows, IDENTITY, MEASURES)


def read_scores(paths: Sequence[str]) -> pd.DataFrame:
    """Read and join score tables; forget sets stay text.

    Raises
    ------
    ValueError
        When a table is not a table of scores.
    """
    return tidy(read_tables(paths, [*IDENTITY, *MEASURES]))
