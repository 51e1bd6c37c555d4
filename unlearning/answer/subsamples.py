"""Scores of fewer members: what a study of N members would have seen, of those that there are.

Members are put into a random order and its first N taken, and the last N: two halves that share no
member as long as twice N are there. Each is nested in the halves of the same order at larger N, so
that an ensemble can be watched while it grows. Unlearned and pretrained members of one number are
taken together, for they have their noise in common; oracles are drawn apart from them, the
reference and those of the noise floor together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unlearning.scoring.klom import klom, score_draws
from unlearning.scoring.scores import Scoring, measurable
from unlearning.study.seeds import member_seed

#: What is kept of the scores of a split's points.
MEASURES = ("p95", "mean")
#: Scores of single points that are in memory at once.
AT_ONCE = 4_000_000
#: Points of two equal Gaussians, at least, and those computed together.
GAUSSIAN_POINTS, GAUSSIAN_BLOCK = 20_000, 5_000


def orders(members: int, count: int, *, seed: int, name: str) -> NDArray[np.int64]:
    """Return random orders of the members, (count, members).

    Parameters
    ----------
    members, count : how many
    seed, name : of the study; what is put into order, which tells these orders from others
    """
    rng = np.random.default_rng(member_seed(seed, "order", name, members))
    return rng.permuted(np.tile(np.arange(members), (count, 1)), axis=1)


def halves(order: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the first and the last members of each order, (2 x orders, size)."""
    return np.ascontiguousarray(np.concatenate([order[:, :size], order[:, ::-1][:, :size]]))


def opposite(values: NDArray) -> NDArray:
    """Return the values, a subsample a row, of the other half of each order."""
    return np.roll(values, len(values) // 2, axis=0)


@dataclass(frozen=True)
class Subsampler:
    """Scores subsamples of ensembles against subsamples of the oracles of one forget set.

    Attributes
    ----------
    oracle : (oracles, points) margins, clipped: the reference and the second ensemble, joined
    splits : name -> indices of points
    scoring : how margins become scores
    sizes : N, ascending
    members, oracles : (orders, members) and (orders, oracles), of `orders`
    """

    oracle: NDArray[np.float32]
    splits: Mapping[str, NDArray[np.int64]]
    scoring: Scoring
    sizes: Sequence[int]
    members: NDArray[np.int64]
    oracles: NDArray[np.int64]

    def scores(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score N members of an ensemble against N oracles.

        Parameters
        ----------
        margins : (members, points)

        Returns
        -------
        ndarray, shape (sizes, subsamples, splits, measures)
        """
        measured, unscored = measurable(margins, self.scoring)
        found = []
        for size in self.sizes:
            drawn = halves(self.members, size), halves(self.oracles, size)
            found.append(self._measure(measured, drawn, unscored))
        return np.stack(found)

    def floor(self) -> NDArray[np.float64]:
        """Score N oracles against N others, as `scores`: the floor that is measured at this N.

        NaN where there are no two ensembles of N oracles.
        """
        nowhere = np.zeros(self.oracle.shape[1], bool)
        found = []
        for size in self.sizes:
            drawn = halves(self.oracles, size)
            scores = self._measure(self.oracle, (opposite(drawn), drawn), nowhere)
            found.append(scores if 2 * size <= len(self.oracle) else np.full_like(scores, np.nan))
        return np.stack(found)

    def _measure(
        self,
        measured: NDArray[np.float32],
        drawn: tuple[NDArray[np.int64], NDArray[np.int64]],
        unscored: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Return the measures (subsamples, splits, measures), some subsamples after others."""
        block = max(AT_ONCE // measured.shape[1], 1)
        parts = []
        for first in range(0, len(drawn[0]), block):
            part = drawn[0][first : first + block], drawn[1][first : first + block]
            points, _ = score_draws(measured, self.oracle, part, self.scoring.variant)
            points[:, unscored] = np.nan
            parts.append(measures(self.scoring.of(points.shape[1]).mean(points), self.splits))
        return np.concatenate(parts)


def measures(
    points: NDArray[np.float64], splits: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Return P95 and mean over the points of each split.

    Parameters
    ----------
    points : (subsamples, points) scores
    splits : name -> indices of points

    Returns
    -------
    ndarray, shape (subsamples, splits, measures)
    """
    groups = [points[:, group] for group in splits.values()]
    each = [(np.percentile(group, 95, axis=1), group.mean(axis=1)) for group in groups]
    return np.stack([np.stack(pair, axis=1) for pair in each], axis=1)


def gaussian_floor(
    size: int, points: Sequence[int], variant: str, seed: int, length: int = 1
) -> NDArray[np.float64]:
    """Return what two ensembles of one Gaussian score at N: computed, by simulation.

    Parameters
    ----------
    size : N, of both ensembles
    points : how many points each split has: few have another P95 in the mean than many
    variant : of KLoM
    seed : the study's
    length : margins of a point, whose scores are averaged; as if they knew nothing of each other

    Returns
    -------
    ndarray, shape (splits, measures)
        Means over as many simulated splits as ``GAUSSIAN_POINTS`` make up, at least one.
    """
    rng = np.random.default_rng(member_seed(seed, "gaussian floor", variant, size))
    total = length * max(GAUSSIAN_POINTS, *points)
    scores = []
    for first in range(0, total, GAUSSIAN_BLOCK):
        shape = (2, size, min(GAUSSIAN_BLOCK, total - first))
        scores.append(klom(*rng.standard_normal(shape, np.float32), variant=variant))
    every = np.concatenate(scores)
    if length > 1:
        every = every.reshape(-1, length).mean(axis=1)
    found = []
    for number in points:
        splits = every[: len(every) // number * number].reshape(-1, number)
        found.append((np.percentile(splits, 95, axis=1).mean(), splits.mean()))
    return np.array(found)
