"""Datamodels: margins of a model as a linear function of the points it was trained on.

The margin of target j under a model trained on the subset with membership vector x in {0, 1}^n is
approximated by b_j + w_j . x. With the training points themselves as targets, the rows w_j form the
train-by-train matrix whose principal components define the structured forget sets.

Two estimators: the LASSO, min_w 1/(2m) ||y_j - b_j - X w_j||^2 + penalty ||w_j||_1, solved for all
targets at once, and the difference of mean margins between the models with and without a point.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.datamodels.lasso import (
    BLOCK,
    Bools,
    Floats,
    centred,
    checked,
    largest_penalty,
    lasso,
)
from unlearning.datamodels.matrix import blocks, release
from unlearning.datamodels.quality import (
    Blocks,
    Quality,
    linear_datamodelling_score,
    predict,
    scored,
)

__all__ = [
    "ESTIMATORS",
    "DatamodelFit",
    "Quality",
    "fit",
    "largest_penalty",
    "lasso",
    "linear_datamodelling_score",
    "mean_difference",
    "predict",
]

ESTIMATORS = ("lasso", "mean_difference")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DatamodelFit:
    """Datamodels of all targets.

    Attributes
    ----------
    weights : ndarray of float32, shape (targets, n_train)
        Row j is the datamodel of target j.
    intercepts : ndarray of float32, shape (targets,)
    penalty : float
        The chosen LASSO penalty; nan for the mean difference.
    quality : Quality
    """

    weights: Floats
    intercepts: Floats
    penalty: float
    quality: Quality


def split_models(models: int, held_out: int, seed: int) -> list[NDArray[np.int64]]:
    """Return which models test, which choose the penalty, and which are fitted, at random."""
    order = np.random.default_rng(seed).permutation(models)
    return np.split(order, [held_out, 2 * held_out])


def fit(
    membership: ArrayLike,
    margins: ArrayLike,
    *,
    estimator: str,
    penalties: Sequence[float],
    iterations: int,
    held_out: int,
    seed: int,
    weights: Floats | None = None,
    block: int = BLOCK,
) -> DatamodelFit:
    """Fit datamodels, choose the penalty and score the result, each on models of their own.

    The models are split at random into a fit, a choice and a test part. The LASSO goes down the
    penalties on the fit part, keeps the one with the highest mean rank correlation on the choice
    part, and is fitted again with it on both. The test part only scores the outcome.

    The mean difference goes through the targets in blocks. Given a mapped file for the weights, it
    holds no more of them than a block. The LASSO holds the Gram matrix, of n_train^2 numbers, and
    up to three matrices of weights besides.

    Parameters
    ----------
    membership : array_like of bool, shape (models, n_train)
        Which training points each model saw.
    margins : array_like of float, shape (models, targets)
    estimator : {'lasso', 'mean_difference'}
    penalties : sequence of float
        Fractions, in (0, 1] and descending, of the largest penalty of the fit part. Not used by
        the mean difference.
    iterations : int
        Most FISTA iterations at each penalty. Not used by the mean difference.
    held_out : int
        Models in each of the choice and the test part, at least 3.
    seed : int
        Seed of the split.
    weights : ndarray of float32, shape (targets, n_train), optional
        Where the weights go, such as a mapped file; a new array by default.
    block : int
        Targets in a block.

    Raises
    ------
    ValueError
        When an argument is out of range, fewer than 2 models are left to fit, a part of the models
        used for fitting does not tell a point from the rest, a margin is not finite, or the LASSO
        needs more memory than the machine has.
    """
    member, margin = checked(membership, margins)
    shape = (margin.shape[1], member.shape[1])
    _check_options(estimator, penalties, held_out, len(member))
    if estimator == "lasso":
        _check_memory(*shape)
    if weights is None:
        weights = np.empty(shape, np.float32)
    elif weights.shape != shape or weights.dtype != np.float32:
        raise ValueError(
            f"weights must be float32 of shape (targets, n_train) {shape}, not {weights.dtype} of "
            f"shape {weights.shape}."
        )

    test, choice, fitted = split_models(len(member), held_out, seed)
    both = np.concatenate([fitted, choice])
    seen, response = checked(member[both], margin[both])
    held = member[test], margin[test]

    differences = _mean_differences(seen, response, block)
    if estimator == "mean_difference":
        differences = _stored(differences, weights)
    intercepts, cheap_score = scored(differences, seen, response, *held)
    score, penalty = cheap_score, float("nan")
    choice_scores: dict[float, float] = {}
    if estimator == "lasso":
        fractions = [float(fraction) for fraction in penalties]
        best, penalty, choice_scores = _choose(
            member, margin, fitted, choice, fractions, iterations, block
        )
        # The penalty is per model (the loss is a mean), so it carries over to the larger part.
        lasso(seen, response, penalty, iterations=iterations, start=best, out=weights)
        intercepts, score = scored(_parts(weights, block), seen, response, *held)

    logger.info(
        "%s: mean rank correlation %.3f on %d test models (mean difference: %.3f)",
        estimator,
        score.mean(),
        held_out,
        cheap_score.mean(),
    )
    quality = Quality(
        score=score,
        mean_difference_score=cheap_score,
        choice_scores=choice_scores,
        fit_models=np.sort(fitted),
        choice_models=np.sort(choice),
        test_models=np.sort(test),
    )
    return DatamodelFit(weights, intercepts, penalty, quality)


def mean_difference(membership: ArrayLike, margins: ArrayLike) -> Floats:
    """Mean margin of each target with a training point minus the mean without it.

    Parameters
    ----------
    membership : array_like of bool, shape (models, n_train)
    margins : array_like of float, shape (models, targets)

    Returns
    -------
    ndarray of float32, shape (targets, n_train)

    Raises
    ------
    ValueError
        When a point is in all models or in none, shapes differ, or a margin is not finite.
    """
    member, margin = checked(membership, margins)
    weights = np.empty((margin.shape[1], member.shape[1]), np.float32)
    for rows, differences in _mean_differences(member, margin, BLOCK):
        weights[rows] = differences
    return weights


def _check_options(estimator: str, penalties: Sequence[float], held_out: int, models: int) -> None:
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, not {estimator!r}.")
    if held_out < 3 or models - 2 * held_out < 2:
        raise ValueError(
            f"held_out is {held_out}, but it must be at least 3, and twice held_out must leave 2 "
            f"or more of the {models} models to fit."
        )
    fractions = np.asarray(penalties, dtype=float)
    in_order = fractions.size > 0 and fractions.max() <= 1 and fractions.min() > 0
    if estimator == "lasso" and not (in_order and np.all(np.diff(fractions) < 0)):
        raise ValueError(
            "penalties must be fractions of the largest penalty, above 0 and at most 1, in "
            f"descending order, not {list(penalties)}."
        )


def _check_memory(targets: int, n_train: int) -> None:
    """Refuse a LASSO whose Gram matrix and best, last and next weights the machine cannot hold."""
    needed = 4 * n_train * (n_train + 3 * targets)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > memory:
        raise ValueError(
            f"estimator is 'lasso', which needs {needed / 1e9:.1f} GB of memory for {n_train} "
            f"training points and {targets} targets, but this machine has {memory / 1e9:.1f} GB; "
            "'mean_difference' needs no matrix in memory."
        )


def _mean_differences(member: Bools, margin: Floats, block: int) -> Blocks:
    # With centred margins the sum without a point is minus the sum with it: one product is enough.
    features = member.astype(np.float32)
    inside = member.sum(axis=0)
    scale = (1 / inside + 1 / (len(member) - inside)).astype(np.float32)
    for rows in blocks(margin.shape[1], block):
        sums: Floats = centred(margin[:, rows]).T @ features
        sums *= scale
        yield rows, sums


def _stored(parts: Blocks, weights: Floats) -> Blocks:
    """Pass blocks of weights on, each written into its place."""
    for rows, part in parts:
        weights[rows] = part
        release(weights)
        yield rows, part


def _parts(weights: Floats, block: int) -> Blocks:
    return ((rows, weights[rows]) for rows in blocks(len(weights), block))


def _choose(
    member: Bools,
    margin: Floats,
    fitted: NDArray[np.int64],
    choice: NDArray[np.int64],
    fractions: list[float],
    iterations: int,
    block: int,
) -> tuple[Floats, float, dict[float, float]]:
    """Go down the path on the fit models; return the best weights and penalty, and all scores."""
    features, response = member[fitted], margin[fitted]
    largest = largest_penalty(features, response)
    scores: dict[float, float] = {}
    path = best = None
    for fraction in fractions:
        path = lasso(features, response, fraction * largest, iterations=iterations, start=path)
        parts = _parts(path, block)
        score = scored(parts, features, response, member[choice], margin[choice])[1].mean()
        if best is None or score > max(scores.values()):
            best, penalty = path, fraction * largest
        scores[fraction] = float(score)
        logger.info(
            "penalty %g of the largest: mean rank correlation %.3f on %d choice models",
            fraction,
            score,
            len(choice),
        )
    assert best is not None
    return best, penalty, scores
