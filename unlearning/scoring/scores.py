"""From margins to the rows of scores.csv."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning.columns import Columns
from unlearning.scoring.bootstrap import bootstrap_percentile, percentile_interval
from unlearning.scoring.klom import klom

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scoring:
    """How margins become scores."""

    variant: str  # of KLoM
    clip: float  # margins beyond +-clip count as +-clip
    bootstrap: int  # resamplings of the members
    seed: int  # of the resampling
    columns: Columns | None = None  # over which of them scores are averaged; None: a point a column

    def of(self, columns: int) -> Columns:
        """Return what so many columns of margins are of."""
        return self.columns or Columns(np.ones(columns))

    def at(self, points: NDArray[np.integer]) -> "Scoring":
        """Return how margins of some points alone become scores."""
        return replace(self, columns=self.columns and self.columns.part(points))


def clipped(margins: NDArray[np.float32], limit: float) -> NDArray[np.float32]:
    """Return margins clipped to +-limit, with everything non-finite as NaN."""
    finite = np.where(np.isfinite(margins), margins, np.float32(np.nan))
    return np.clip(finite, -limit, limit).astype(np.float32)


def measurable(
    margins: NDArray[np.float32], scoring: Scoring
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return margins as they are scored, and which points have no score.

    Parameters
    ----------
    margins : (members, points) of an unlearned ensemble
    scoring : the default variant has a place for non-finite margins; a point that has one has no
        score by the others, and 0 stands for its margins
    """
    measured = clipped(margins, scoring.clip)
    unscored = np.asarray(np.isnan(measured).any(axis=0))
    if scoring.variant == "default":
        unscored[:] = False
    measured[:, unscored] = 0
    return measured, unscored


def cross_entropy(margins: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each point's mean cross-entropy, exact: the margin is the log odds of its class.

    Parameters
    ----------
    margins : (members, points), not NaN
    """
    return np.logaddexp(0, -margins).mean(axis=0, dtype=np.float64)


class Comparison:
    """An ensemble beside the oracles that it is scored against.

    Parameters
    ----------
    unlearned : (members, columns) margins, of a point one or several: `Scoring.columns`
    oracle : (oracles, columns) margins
    scoring : how to score

    Attributes
    ----------
    measured : (members, columns) margins as they are scored
    unscored : (columns,) which have no score, as `measurable` says
    columns : of which points they are
    """

    def __init__(
        self, unlearned: NDArray[np.float32], oracle: NDArray[np.float32], scoring: Scoring
    ) -> None:
        self.measured, self.unscored = measurable(unlearned, scoring)
        self._oracle, self._scoring = clipped(oracle, scoring.clip), scoring
        self.columns = scoring.of(self.measured.shape[1])
        self._nonfinite = "own_bin" if np.isnan(self.measured).any() else "raise"

    def points(self) -> NDArray[np.float64]:
        """Return the KLoM of every point (points,), NaN where there is no score."""
        found = klom(
            self.measured, self._oracle, variant=self._scoring.variant, nonfinite=self._nonfinite
        )
        found[self.unscored] = np.nan
        return self.columns.mean(found)

    def reversed_points(self) -> NDArray[np.float64]:
        """Return the KLoM of every point (points,) with the ensembles in each other's place.

        KL(oracle || unlearned), as *Easy Data Unlearning Bench* has it; NaN where a margin is not
        finite.
        """
        finite = np.isfinite(self.measured).all(axis=0)
        found = klom(
            self._oracle, np.where(finite, self.measured, 0), variant=self._scoring.variant
        )
        found[self.unscored | ~finite] = np.nan
        return self.columns.mean(found)

    def deviations(self, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
        """Return (repeats, groups): how the P95 of groups of points moves with the members drawn.

        They are as `bootstrap_percentile` has them; the same members at the same place in every
        ensemble.
        """
        return bootstrap_percentile(
            self.measured,
            self._oracle,
            groups,
            repeats=self._scoring.bootstrap,
            seed=self._scoring.seed,
            variant=self._scoring.variant,
            nonfinite=self._nonfinite,
            clip=self._scoring.clip,
            columns=self.columns,
        )


def score(
    unlearned: NDArray[np.float32],
    correct: NDArray[np.bool_],
    oracle: NDArray[np.float32],
    splits: dict[str, NDArray[np.int64]],
    scoring: Scoring,
) -> tuple[list[dict[str, Any]], NDArray[np.float64], NDArray[np.float64]]:
    """Score one ensemble against the oracles.

    Parameters
    ----------
    unlearned : (members, columns) margins; non-finite ones are counted and, by the default variant,
        kept in a bin of their own that no oracle occupies; other variants have no place for them:
        their points, and the splits that hold one, have no score
    correct : (members, columns) whether the class is predicted, or the next token
    oracle : (oracles, columns) margins
    splits : name -> indices of points
    scoring : how to score

    Returns
    -------
    rows : one a split, the measures without the floor; where points have several columns, the KLoM
        in the other direction as well
    points : (points,) KLoM of every point, NaN where there is no score
    deviations : (splits, repeats) of the P95 when members are drawn again, as
        `bootstrap_percentile` has them; the same members at the same place in every ensemble
    """
    nonfinite, groups = ~np.isfinite(unlearned), list(splits.values())
    comparison = Comparison(unlearned, oracle, scoring)
    unscored, columns = comparison.unscored, comparison.columns
    places = [columns.of(group) for group in groups]
    if unscored.any():
        logger.warning(
            "klom.variant: %s has no place for the %d non-finite margins of a diverged ensemble: "
            "%d of %d points have no score; the default variant gives them one",
            *(scoring.variant, nonfinite.sum(), unscored.sum(), len(unscored)),
        )
    losses = cross_entropy(np.nan_to_num(comparison.measured, nan=-scoring.clip))
    points = comparison.points()
    estimates = np.array([np.percentile(points[group], 95) for group in groups])
    deviations = comparison.deviations(groups)
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
            "n_nonfinite": int(nonfinite[:, place].sum()),
            "accuracy": correct[:, place].mean(),
            "loss": losses[place].mean(),
        }
        for (name, group), place, estimate, low, high in zip(
            splits.items(), places, estimates, lows, highs, strict=True
        )
    ]
    if not columns.single:
        reverse = comparison.reversed_points()
        for row, group in zip(rows, groups, strict=True):
            row["klom_reversed_p95"] = np.percentile(reverse[group], 95)
            row["klom_reversed_mean"] = reverse[group].mean()
    return rows, points, deviations.T
