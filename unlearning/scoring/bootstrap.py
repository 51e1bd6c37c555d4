"""How far a percentile of KLoM moves with the members drawn: a smoothed bootstrap, an interval.

A resampled ensemble holds members twice, which empties bins, and its two halves differ by the noise
of the sample besides their own. Both make plain replicates of a divergence too high and too wide.
So members are drawn with noise; points' scores are looked at on a scale on which noise hardly
depends on their height, and are first brought back to the spread over points of the estimate.
`python -m bench.intervals` holds the outcome against simulated ensembles.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from unlearning.columns import Columns
from unlearning.scoring.klom import CAP, CHUNK, Noise, klom, score_draws

# Ranks to either side over which the spacing of margins is averaged.
NEIGHBOURS = 5
# Points that the replicates' own spread, and the density of their scores, count for beside the
# estimate's, which few points know badly.
SPREAD_POINTS = 20
DENSITY_POINTS = 60


def angle(scores: ArrayLike) -> NDArray[np.float64]:
    """Return scores on the scale on which noise hardly depends on height, 0 to pi / 2 at the cap.

    Variance grows in proportion to the score near 0, as that of a chi-squared does, and shrinks
    towards the cap, as that of a share does.
    """
    return np.arcsin(np.sqrt(np.clip(np.asarray(scores, np.float64) / CAP, 0.0, 1.0)))


def _smoothed(
    margins: NDArray, bound: float
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """Return margins shrunk to make room for noise, widths and patterns of it (members, points).

    The noise of a member is the standardised margins of another, which keeps what points share,
    times the root of deviation x spacing of the margins around: wide in tails, where margins are
    few. Mean and variance of each point stay. Non-finite margins and those at the bound neither
    get noise nor give it; nor do points whose members all agree.
    """
    rows = np.ascontiguousarray(margins.T)
    usable = np.isfinite(rows) & (np.abs(rows) < bound)
    everyone = usable.all()
    count = np.maximum(usable.sum(axis=1, keepdims=True), 1)
    rank = np.arange(rows.shape[1])
    above = np.minimum(rank + NEIGHBOURS, rank[-1] if everyone else count - 1)
    below = np.minimum(np.maximum(rank - NEIGHBOURS, 0), above)
    with np.errstate(all="ignore"):
        finite = rows if everyone else np.where(usable, rows, 0)
        mean = (finite.sum(axis=1, keepdims=True) / count).astype(rows.dtype)
        centred = rows - mean if everyone else np.where(usable, rows - mean, 0)
        square = np.square(centred).sum(axis=1, keepdims=True) / count
        deviation = np.sqrt(square).astype(rows.dtype)
        order = (centred if everyone else np.where(usable, centred, np.inf)).argsort(axis=1)
        # Into the flattened array.
        order += rows.shape[1] * np.arange(len(rows))[:, None]
        ranked = centred.ravel()[order]
        if everyone:
            reach = ranked[:, above] - ranked[:, below]
        else:
            reach = np.take_along_axis(ranked, above, 1) - np.take_along_axis(ranked, below, 1)
        spacing = reach / np.maximum(above - below, 1).astype(rows.dtype)
        widths = np.empty_like(rows)
        widths.ravel()[order] = np.sqrt(deviation * spacing)
        if not everyone:
            widths *= usable
        variance = np.square(widths).sum(axis=1, keepdims=True) / count
        shrink = (1 / np.sqrt(1 + variance / square)).astype(rows.dtype)
        able = np.isfinite(shrink) & np.isfinite(deviation * widths.max(axis=1, keepdims=True))
        shrunk, widths, patterns = mean + shrink * centred, shrink * widths, centred / deviation
        if not everyone or not able.all():
            shrunk = np.where(usable & able, shrunk, rows)
            widths, patterns = np.where(able, widths, 0), np.where(able, patterns, 0)
    return (
        np.ascontiguousarray(shrunk.T),
        np.ascontiguousarray(widths.T),
        np.ascontiguousarray(patterns.T),
    )


def _shuffled(rng: np.random.Generator, members: int, repeats: int) -> NDArray[np.int64]:
    """Return all members in a random order a replicate, shape (repeats, members)."""
    return rng.permuted(np.tile(np.arange(members), (repeats, 1)), axis=1)


def _drawn(rng: np.random.Generator, members: int, repeats: int) -> NDArray[np.int64]:
    """Draw members (repeats, members): as many of them once, twice ... in every replicate.

    Left to chance, the number of repeated members moves the scores of all points together, which
    other ensembles do not.
    """
    # Shares that are drawn at least twice, three times ...: of a Poisson variable of mean 1.
    share, at_least = 1 - 2 / math.e, []
    for times in range(2, members + 1):
        at_least.append(round(members * share))
        share -= 1 / math.e / math.factorial(times)
        if not at_least[-1]:
            break
    at_least.insert(0, members - sum(at_least))
    shuffled = _shuffled(rng, members, repeats)
    return np.concatenate([shuffled[:, :number] for number in at_least], axis=1)


def _deviations(
    angles: NDArray[np.floating], estimate: NDArray[np.float64], percentile: float
) -> NDArray[np.float64]:
    """Return by how much each replicate's percentile of (repeats, points) angles deviates.

    Scores of the estimate differ between points by what is true and by noise; replicates add
    noise once more. So the points' means over replicates are drawn together by as much.
    """
    points = estimate.size
    means = angles.mean(axis=0, dtype=np.float64)
    between = means.var()
    noise = max(angles.var(axis=1, dtype=np.float64).mean() - between, 0.0)
    known = points - 1
    spread = (known * estimate.var() + SPREAD_POINTS * noise) / (known + SPREAD_POINTS)
    true = max(min(between, spread) - noise, 0.0)
    kept = math.sqrt(true / between) if between > 0 else 0.0
    moved = angles - ((1 - kept) * (means - means.mean())).astype(angles.dtype)
    # The noise of a percentile is inverse to the density of scores there.
    tail = min(percentile, 100 - percentile)
    levels = [percentile - tail, percentile, percentile + 0.8 * tail]
    low, at, high = np.percentile(moved, levels, axis=1)
    gap = (high - low).mean()
    ratio = np.subtract(*np.percentile(estimate, levels[::-2])) / gap if gap > 0 else 1.0
    density = (points * ratio + DENSITY_POINTS) / (points + DENSITY_POINTS)
    # What moves all points alike does not depend on it.
    common = moved.mean(axis=1, dtype=np.float64)
    deviating = common + density * (at - common)
    return deviating - deviating.mean()


def bootstrap_percentile(
    unlearned: ArrayLike,
    oracle: ArrayLike,
    splits: Sequence[NDArray[np.integer]],
    *,
    percentile: float = 95.0,
    repeats: int,
    seed: int | np.random.SeedSequence,
    variant: str = "default",
    nonfinite: str = "raise",
    clip: float = math.inf,
    columns: Columns | None = None,
) -> NDArray[np.float64]:
    """Resample the members of both ensembles: how each split's percentile of the scores moves.

    Parameters
    ----------
    unlearned, oracle, variant, nonfinite
        As in `klom`.
    splits : sequence of integer arrays, shape (points of the split,)
        The points of each split, as indices into the points of the margins.
    percentile : float
        In [0, 100].
    repeats : int
        Replicates.
    seed : int or SeedSequence
        Seed of the members drawn, independently for the two ensembles.
    clip : float
        Margins of this size were clipped to it: they stay where they are, and no other margin
        goes beyond. Non-finite margins stay, too.
    columns : Columns, optional
        Of which points the margins are, where one has several: its score is their mean.

    Returns
    -------
    ndarray of float64, shape (repeats, splits)
        Deviations from their mean, on the scale arcsin(sqrt(score / `CAP`)); see
        `percentile_interval` for what to do with them.

    Raises
    ------
    ValueError
        If `klom` rejects the margins, a split is empty or names points that do not exist, or
        `repeats` or `percentile` is out of range.
    """
    # Rejects, once and for all members, what must be rejected.
    found = klom(unlearned, oracle, variant=variant, nonfinite=nonfinite)
    columns = columns or Columns(np.ones(found.size))
    estimate = angle(columns.mean(found))
    ensembles = np.asarray(unlearned), np.asarray(oracle)
    points = estimate.size
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, not {repeats}.")
    for number, split in enumerate(splits):
        if np.ndim(split) != 1 or np.asarray(split).dtype.kind not in "iu" or not len(split):
            raise ValueError(f"splits[{number}] must be a one-dimensional array of point indices.")
        if np.min(split) < 0 or np.max(split) >= points:
            raise ValueError(f"splits[{number}] must hold point indices from 0 to {points - 1}.")
    rng = np.random.default_rng(seed)
    members, oracles = len(ensembles[0]), len(ensembles[1])
    # The oracles are drawn alike whatever is held against them, a smaller floor among it: so
    # differences of two scores are paired. A smaller ensemble has a generator of its own.
    alike = [draw(rng, oracles, repeats) for draw in (_drawn, _drawn, _shuffled, _shuffled)]
    drawn, partners = (alike[0], alike[1]), (alike[2], alike[3])
    if members != oracles:
        own = np.random.default_rng(rng.integers(2**63))
        drawn = _drawn(own, members, repeats), drawn[1]
        partners = _shuffled(own, members, repeats), partners[1]
    single = all(ensemble.dtype == np.float32 for ensemble in ensembles)
    dtype = np.float32 if single else np.float64
    bound = float(dtype(clip))
    angles = np.empty((repeats, points), np.float32)
    for first in range(0, points, CHUNK):
        part = slice(first, first + CHUNK)
        mine = columns.part(part)
        start = columns.starts[first]
        wide = slice(start, start + mine.count)
        ours, theirs = (_smoothed(e[:, wide].astype(dtype), bound) for e in ensembles)
        noise = Noise((ours[1], theirs[1]), (ours[2], theirs[2]), partners, bound)
        scores = score_draws(ours[0], theirs[0], drawn, variant, noise)[0]
        angles[:, part] = angle(mine.mean(scores))
    moved = [_deviations(angles[:, split], estimate[split], percentile) for split in splits]
    return np.stack(moved, axis=1) if moved else np.empty((repeats, 0))


def percentile_interval(
    estimate: ArrayLike, deviations: ArrayLike, *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the confidence interval of a percentile of scores.

    It is of the mean score of ensembles of this number of members, over the members drawn: not of
    the score of infinitely many members, which is lower.

    Parameters
    ----------
    estimate : array_like, shape (...)
        The percentile as computed from all members.
    deviations : array_like, shape (repeats, ...)
        From `bootstrap_percentile`.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        In [0, `CAP`]: on the scale of the deviations as many of their standard deviations to either
        side as a normal distribution says, 1.96 at 95 %.

    Raises
    ------
    ValueError
        If the shapes do not fit or `level` is out of range.
    """
    estimate = np.asarray(estimate, np.float64)
    deviations = np.asarray(deviations, np.float64)
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}.")
    if deviations.shape[1:] != estimate.shape or not len(deviations):
        raise ValueError(
            f"deviations must have shape (repeats, *{estimate.shape}) to go with the estimate, "
            f"not {deviations.shape}."
        )
    deviation = np.sqrt((deviations**2).sum(axis=0) / max(len(deviations) - 1, 1))
    reach = ndtri((1 + level) / 2) * deviation
    low = CAP * np.sin(np.maximum(angle(estimate) - reach, 0.0)) ** 2
    high = CAP * np.sin(np.minimum(angle(estimate) + reach, np.pi / 2)) ** 2
    # Not beside the estimate: by a rounding, or where a variant's scores go beyond the cap.
    return np.minimum(low, estimate), np.maximum(high, estimate)
