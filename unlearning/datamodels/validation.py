"""Datamodels of the validation points, and what a forget set adds to every point's margin."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.datamodels.estimation import lasso, mean_difference, split_models
from unlearning.datamodels.lasso import BLOCK, Floats, checked
from unlearning.datamodels.matrix import blocks, release
from unlearning.datamodels.quality import scored


def fit_validation(
    membership: ArrayLike,
    margins: ArrayLike,
    *,
    estimator: str,
    penalties: Sequence[float],
    iterations: int,
    held_out: int,
    seed: int,
    penalty: float,
    choice_scores: Mapping[float, float],
    weights: Floats | None = None,
) -> tuple[Floats, NDArray[np.float64]]:
    """Fit datamodels of further targets as those of the training points were.

    The penalty is theirs, and so are the models that take part: the test part only scores. Nothing
    is chosen by the validation points.

    Parameters
    ----------
    membership : array_like of bool, shape (models, n_train)
    margins : array_like of float, shape (models, targets)
    estimator, penalties, iterations, held_out, seed : as `unlearning.datamodels.estimation.fit`
        was given them
    penalty, choice_scores : of its result
    weights : ndarray of float32, shape (targets, n_train), optional
        Where the weights go, such as a mapped file; a new array by default.

    Returns
    -------
    weights : ndarray of float32, shape (targets, n_train)
        Row j is the datamodel of target j.
    score : ndarray of float64, shape (targets,)
        Rank correlation on the test models.

    Raises
    ------
    ValueError
        As `unlearning.datamodels.estimation.lasso`.
    """
    member, margin = checked(membership, margins)
    test, choice, fitted = split_models(len(member), held_out, seed)
    both = np.concatenate([fitted, choice])
    seen, response = member[both], margin[both]
    if weights is None:
        weights = np.empty((margin.shape[1], member.shape[1]), np.float32)
    if estimator == "mean_difference":
        weights[:] = mean_difference(seen, response)
    else:
        start = None
        for each in _path(penalties, penalty, choice_scores):
            start = lasso(seen, response, each, iterations=iterations, start=start)
        weights[:] = start
    parts = ((rows, weights[rows]) for rows in blocks(len(weights), BLOCK))
    return weights, scored(parts, seen, response, member[test], margin[test])[1]


def _path(
    penalties: Sequence[float], penalty: float, choice_scores: Mapping[float, float]
) -> list[float]:
    """Return the penalties from the largest down to the chosen one: each fit starts from the last.

    They are given as fractions; the chosen one is the first of the highest score.
    """
    best = max(choice_scores.values())
    chosen = next(fraction for fraction in penalties if choice_scores[float(fraction)] == best)
    return [penalty * fraction / chosen for fraction in penalties if fraction >= chosen]


def added_margins(
    matrix: Floats, validation: Floats, forget: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return what a forget set adds to the margin of every point, by the datamodels.

    Parameters
    ----------
    matrix : (n_train, n_train) rows are the datamodels of training points
    validation : (n_validation, n_train) those of validation points
    forget : indices of the forget set

    Returns
    -------
    ndarray of float32
        (points,) the sum over z in the forget set of tau(z, x), training points x first.
    """
    found = []
    for rows_of in (matrix, validation):
        for rows in blocks(len(rows_of), BLOCK):
            found.append(rows_of[rows][:, forget].sum(axis=1, dtype=np.float64))
            release(rows_of)
    return np.concatenate(found).astype(np.float32)
