"""The LASSO of many targets on the same features, solved together by FISTA on one Gram matrix.

For every target j it minimises 1/(2m) ||y_j - b_j - X w_j||^2 + penalty ||w_j||_1, where the rows
of X say which training points each of m models saw and y_j are the models' margins on target j.
"""

import logging
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import eigsh

from unlearning.datamodels.matrix import blocks

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

logger = logging.getLogger(__name__)

# Converged targets leave the iteration only at every so many steps: the test costs two passes.
_CHECK_EVERY = 5
# Targets solved together: a wide enough matrix product, and scratch that stays near the cache.
BLOCK = 512


def lasso(
    membership: ArrayLike,
    margins: ArrayLike,
    penalty: float,
    *,
    iterations: int,
    start: ArrayLike | None = None,
    tolerance: float = 1e-4,
    block: int = BLOCK,
    out: Floats | None = None,
) -> Floats:
    """LASSO datamodels of all targets by FISTA on one Gram matrix.

    Minimises 1/(2m) ||y_j - b_j - X w_j||^2 + penalty ||w_j||_1 for every target j, with the
    intercepts b_j left free (membership and margins are centred). Momentum restarts by target when
    a step turns against it (O'Donoghue and Candes 2015), and a target is left alone once the
    proximal step from its extrapolated point is short.

    Parameters
    ----------
    membership : array_like of bool, shape (models, n_train)
    margins : array_like of float, shape (models, targets)
    penalty : float
        Not negative, in units of the margin.
    iterations : int
        Most iterations for any target.
    start : array_like of float, shape (targets, n_train), optional
        Weights to begin from, zero by default.
    tolerance : float
        Length of the proximal step, relative to the weights, at which a target is done.
    block : int
        Targets solved together; bounds the scratch to 7 x block x n_train floats.
    out : ndarray of float32, shape (targets, n_train), optional
        Where the weights go, such as a mapped file; a new array by default.

    Returns
    -------
    ndarray of float32, shape (targets, n_train)
        `out`, if it is given.

    Raises
    ------
    ValueError
        When an argument is out of range, a point is in all models or in none, shapes differ, or a
        margin is not finite.
    """
    member, margin = checked(membership, margins)
    if not (penalty >= 0 and iterations >= 1 and tolerance >= 0 and block >= 1):
        raise ValueError(
            "penalty and tolerance must not be negative, iterations and block at least 1, but "
            f"penalty={penalty}, tolerance={tolerance}, iterations={iterations}, block={block}."
        )
    shape = (margin.shape[1], member.shape[1])
    initial = np.zeros(1, np.float32) if start is None else np.asarray(start)
    if start is not None and initial.shape != shape:
        raise ValueError(f"start must have shape (targets, n_train) {shape}, not {initial.shape}.")
    weights = np.empty(shape, np.float32) if out is None else out
    weights[:] = initial

    began = time.perf_counter()
    features = centred(member)
    gram = features.T @ features
    gram /= np.float32(len(member))
    # The Lanczos estimate approaches the eigenvalue from below; a step must not exceed its inverse.
    step = np.float32(1 / (1.01 * _largest_eigenvalue(gram)))
    # A gradient step is y - step (y G - c) = y (1 - step G) + step c: the matrix takes the step.
    gram *= -step
    gram[np.diag_indices_from(gram)] += 1
    threshold = np.float32(penalty) * step
    steps = 0
    for rows, correlation in _correlations(features, centred(margin), block):
        correlation *= step
        steps += _descend(gram, correlation, threshold, weights[rows], iterations, tolerance)
        logger.debug("%d of %d targets at penalty %.3g", rows.stop, shape[0], penalty)
    logger.info(
        "penalty %.3g: %.1f iterations a target, %.1f%% of the weights in use, %.1f s",
        penalty,
        steps / shape[0],
        100 * np.count_nonzero(weights) / weights.size,
        time.perf_counter() - began,
    )
    return weights


def largest_penalty(membership: ArrayLike, margins: ArrayLike) -> float:
    """Smallest LASSO penalty at which all weights of all targets vanish: max |X^T y_j| / m.

    Takes `membership` and `margins` as `lasso` does, and raises as it does.
    """
    member, margin = checked(membership, margins)
    correlations = _correlations(centred(member), centred(margin), BLOCK)
    return max(float(np.abs(correlation).max()) for _, correlation in correlations)


def checked(membership: ArrayLike, margins: ArrayLike) -> tuple[Bools, Floats]:
    """Membership (models, n_train) and float32 margins (models, targets), or a ValueError."""
    member, margin = np.asarray(membership), np.asarray(margins, dtype=np.float32)
    if member.dtype != np.bool_:
        raise ValueError(f"membership must be boolean, not {member.dtype}.")
    matrices = member.ndim == margin.ndim == 2 and member.size > 0 and margin.size > 0
    if not (matrices and len(member) == len(margin)):
        raise ValueError(
            "membership must be (models, n_train) and margins (models, targets) with the same "
            f"models, but their shapes are {member.shape} and {margin.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(margin).all(axis=1))
    if bad.size:
        raise ValueError(
            f"margins must be finite, but those of {bad.size} of {len(margin)} models are not: "
            f"leave out the models in rows {_few(bad)}."
        )
    inside = member.sum(axis=0)
    constant = np.flatnonzero((inside == 0) | (inside == len(member)))
    if constant.size:
        raise ValueError(
            "membership must put each training point in some models and not in others, but all or "
            f"none of {len(member)} models contain points {_few(constant)}."
        )
    return member, margin


def centred(values: NDArray) -> Floats:
    """Columns of `values` less their means, which are taken in float64."""
    shifted = values.astype(np.float32)
    shifted -= values.mean(axis=0, dtype=np.float64).astype(np.float32)
    return shifted


def _descend(
    matrix: Floats,
    shift: Floats,
    threshold: np.float32,
    weights: Floats,
    iterations: int,
    tolerance: float,
) -> int:
    """Run FISTA on a block of targets, in place; return the iterations summed over targets."""
    running = np.arange(len(weights))
    current = weights.copy()
    extrapolated = weights.copy()
    clock = np.ones(len(weights))
    steps = 0
    for iteration in range(1, iterations + 1):
        steps += len(running)
        proposal = extrapolated @ matrix
        proposal += shift
        proposal -= np.clip(proposal, -threshold, threshold)
        change = proposal - current
        extrapolated -= proposal
        if iteration % _CHECK_EVERY == 0 or iteration == iterations:
            residual = np.einsum("tn,tn->t", extrapolated, extrapolated)
            size = np.einsum("tn,tn->t", proposal, proposal)
            going = residual > tolerance**2 * size
            if iteration == iterations:
                going[:] = False
            weights[running[~going]] = proposal[~going]
            if not going.any():
                break
            if not going.all():
                running, clock, shift = running[going], clock[going], shift[going]
                proposal, change = proposal[going], change[going]
                extrapolated = extrapolated[going]
        against = np.einsum("tn,tn->t", extrapolated, change) > 0
        later = (1 + np.sqrt(1 + 4 * clock**2)) / 2
        momentum = np.where(against, 0, (clock - 1) / later)
        clock = np.where(against, 1, later)
        current = proposal
        change *= momentum[:, None].astype(np.float32)
        extrapolated = np.add(proposal, change, out=extrapolated)
    return steps


def _correlations(features: Floats, margins: Floats, block: int) -> Iterator[tuple[slice, Floats]]:
    """Yield X^T y_j / m for blocks of targets as (slice, array of shape (block, n_train))."""
    for rows in blocks(margins.shape[1], block):
        correlation: Floats = margins[:, rows].T @ features
        correlation /= np.float32(len(features))
        yield rows, correlation


def _largest_eigenvalue(gram: Floats) -> float:
    if len(gram) < 50:
        return float(np.linalg.eigvalsh(gram)[-1])
    start = np.random.default_rng(0).standard_normal(len(gram)).astype(np.float32)
    return float(eigsh(gram, k=1, v0=start, tol=1e-3, return_eigenvectors=False)[0])


def _few(values: NDArray) -> str:
    return ", ".join(map(str, values[:5])) + (" ..." if len(values) > 5 else "")
