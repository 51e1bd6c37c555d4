"""What models that a datamodel was not fitted on say about it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from unlearning.datamodels.lasso import Bools, Floats

# Rows of the weights, with the slice that they are of all rows.
Blocks = Iterable[tuple[slice, Floats]]


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


def scored(
    parts: Blocks, seen: Bools, response: Floats, unseen: Bools, outcome: Floats
) -> tuple[Floats, NDArray[np.float64]]:
    """Intercepts on the models seen in fitting, and scores on the unseen, of blocks of weights."""
    means, frequency = response.mean(axis=0, dtype=np.float64), seen.mean(axis=0)
    intercepts = np.empty(len(means), np.float32)
    score = np.empty(len(means))
    for rows, weights in parts:
        intercepts[rows] = means[rows] - weights @ frequency
        score[rows] = linear_datamodelling_score(
            unseen, outcome[:, rows], weights, intercepts[rows]
        )
    return intercepts, score
