"""Datamodels: margins of a model as a linear function of the points it was trained on.

The margin of target j under a model trained on the subset with membership vector x in {0, 1}^n is
approximated by b_j + w_j . x. With the training points themselves as targets, the rows w_j form the
train-by-train matrix whose principal components define the structured forget sets.

Two estimators: the LASSO, min_w 1/(2m) ||y_j - b_j - X w_j||^2 + penalty ||w_j||_1, solved for all
targets at once, and the difference of mean margins between the models with and without a point.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from unlearning.lasso import Bools, Floats, centred, checked, largest_penalty, lasso

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
class Quality:
    """What the held-out models say about a fit.

    Attributes
    ----------
    score : ndarray of float64, shape (targets,)
        Linear datamodelling score of the returned weights on the test models.
    mean_difference_score : ndarray of float64, shape (targets,)
        The same score, on the same test models, of the mean-difference estimator.
    choice_scores : dict of float to float
        Mean score on the choice models at each fraction of the largest penalty (LASSO only).
    fit_models, choice_models, test_models : ndarray of int64
        Rows of the input in each part. The weights come from the first two parts together.
    """

    score: NDArray[np.float64]
    mean_difference_score: NDArray[np.float64]
    choice_scores: dict[float, float]
    fit_models: NDArray[np.int64]
    choice_models: NDArray[np.int64]
    test_models: NDArray[np.int64]


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


def fit(
    membership: ArrayLike,
    margins: ArrayLike,
    *,
    estimator: str,
    penalties: Sequence[float],
    iterations: int,
    held_out: int,
    seed: int,
) -> DatamodelFit:
    """Fit datamodels, choose the penalty and score the result, each on models of their own.

    The models are split at random into a fit, a choice and a test part. The LASSO goes down the
    penalties on the fit part, keeps the one with the highest mean rank correlation on the choice
    part, and is fitted again with it on both. The test part only scores the outcome.

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

    Raises
    ------
    ValueError
        When an argument is out of range, fewer than 2 models are left to fit, a part of the models
        used for fitting does not tell a point from the rest, or a margin is not finite.
    """
    member, margin = checked(membership, margins)
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, not {estimator!r}.")
    models = len(member)
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

    order = np.random.default_rng(seed).permutation(models)
    test, choice, fitted = np.split(order, [held_out, 2 * held_out])
    both = np.concatenate([fitted, choice])

    def score_on_test(weights: Floats) -> tuple[Floats, NDArray[np.float64]]:
        intercepts = _intercepts(member[both], margin[both], weights)
        score = linear_datamodelling_score(member[test], margin[test], weights, intercepts)
        return intercepts, score

    weights = mean_difference(member[both], margin[both])
    intercepts, cheap_score = score_on_test(weights)
    score, penalty = cheap_score, float("nan")
    choice_scores: dict[float, float] = {}
    if estimator == "lasso":
        weights, penalty, choice_scores = _choose(
            member, margin, fitted, choice, fractions.tolist(), iterations
        )
        # The penalty is per model (the loss is a mean), so it carries over to the larger part.
        weights = lasso(member[both], margin[both], penalty, iterations=iterations, start=weights)
        intercepts, score = score_on_test(weights)

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
    # With centred margins the sum without a point is minus the sum with it: one product is enough.
    sums: Floats = centred(margin).T @ member.astype(np.float32)
    inside = member.sum(axis=0)
    sums *= (1 / inside + 1 / (len(member) - inside)).astype(np.float32)
    return sums


def predict(membership: ArrayLike, weights: ArrayLike, intercepts: ArrayLike) -> Floats:
    """Margins that datamodels foretell, shape (models, targets)."""
    features = np.asarray(membership).astype(np.float32)
    margins: Floats = features @ np.asarray(weights, np.float32).T
    margins += np.asarray(intercepts, np.float32)
    return margins


def linear_datamodelling_score(
    membership: ArrayLike, margins: ArrayLike, weights: ArrayLike, intercepts: ArrayLike
) -> NDArray[np.float64]:
    """Spearman correlation over models between predicted and actual margins of each target.

    Parameters
    ----------
    membership : array_like of bool, shape (models, n_train)
        Models the datamodels were not fitted on.
    margins : array_like of float, shape (models, targets)
    weights : array_like of float, shape (targets, n_train)
    intercepts : array_like of float, shape (targets,)

    Returns
    -------
    ndarray of float64, shape (targets,)
        Between -1 and 1; 0 where all predictions, or all margins, of a target are equal, since
        they then rank no model above another.
    """
    predicted = rankdata(predict(membership, weights, intercepts), axis=0)
    actual = rankdata(np.asarray(margins), axis=0)
    predicted -= predicted.mean(axis=0)
    actual -= actual.mean(axis=0)
    covariance = np.einsum("mt,mt->t", predicted, actual)
    norms = np.linalg.norm(predicted, axis=0) * np.linalg.norm(actual, axis=0)
    return np.divide(covariance, norms, out=np.zeros_like(covariance), where=norms > 0)


def _choose(
    member: Bools,
    margin: Floats,
    fitted: NDArray[np.int64],
    choice: NDArray[np.int64],
    fractions: list[float],
    iterations: int,
) -> tuple[Floats, float, dict[float, float]]:
    """Go down the path on the fit models; return the best weights and penalty, and all scores."""
    features, response = member[fitted], margin[fitted]
    largest = largest_penalty(features, response)
    scores: dict[float, float] = {}
    path = best = None
    for fraction in fractions:
        path = lasso(features, response, fraction * largest, iterations=iterations, start=path)
        intercepts = _intercepts(features, response, path)
        score = linear_datamodelling_score(member[choice], margin[choice], path, intercepts).mean()
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


def _intercepts(member: Bools, margins: Floats, weights: Floats) -> Floats:
    means = margins.mean(axis=0, dtype=np.float64) - weights @ member.mean(axis=0)
    intercepts: Floats = means.astype(np.float32)
    return intercepts
