"""Principal components of the train-by-train datamodel matrix.

Row j of the matrix is the datamodel of target j. With the column means taken off, the matrix is
U S V^T: the rows of V^T are the components, U S the projections of the targets on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import LinearOperator, svds

Doubles = NDArray[np.float64]

# Float64 copies are made of this many numbers at a time, so that they stay in the cache.
_BLOCK = 1 << 17
# Below this many rows or columns a full decomposition costs less than an iteration.
_TINY = 20


@dataclass(frozen=True)
class Components:
    """Leading principal components, in order of the variance they explain.

    Attributes
    ----------
    components : ndarray of float64, shape (count, n)
        Loadings: orthonormal right singular vectors of the column-centred matrix. The loading of
        largest magnitude is positive in each, which settles the sign.
    projections : ndarray of float64, shape (n_targets, count)
        Centred matrix times loadings.
    explained : ndarray of float64, shape (count,)
        Fraction of the total variance along each component.
    """

    components: Doubles
    projections: Doubles
    explained: Doubles


def principal_components(matrix: ArrayLike, count: int) -> Components:
    """Compute the leading principal components without a centred copy of the matrix.

    Parameters
    ----------
    matrix : array_like of float, shape (n_targets, n)
        Any float type; the arithmetic is in float64.
    count : int
        Components wanted, from 1 to min(n_targets - 1, n): centring takes one rank.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        When `matrix` is not two-dimensional, not finite or has equal rows only, or `count` is out
        of range.
    """
    values = np.asarray(matrix)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"matrix must have shape (n_targets, n), not {values.shape}.")
    if not 1 <= count <= min(len(values) - 1, values.shape[1]):
        raise ValueError(
            f"count must be between 1 and {min(len(values) - 1, values.shape[1])} for a matrix of "
            f"shape {values.shape}, not {count}."
        )
    total = np.zeros(values.shape[1])
    for rows, block in _blocks(values):
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if bad.size:
            raise ValueError(
                f"matrix must be finite, but row {rows.start + bad[0]} has a nan or an infinity."
            )
        total += block.sum(axis=0)
    centred = _CentredRows(values, total / len(values))
    squares = sum(float(np.square(block - centred.mean).sum()) for _, block in _blocks(values))
    # Equal rows differ from their rounded mean in the last bits.
    if squares <= 1e-24 * values.size * float(np.square(centred.mean).max()):
        raise ValueError("matrix has no principal components: all of its rows are equal.")

    if min(values.shape) <= max(count + 1, _TINY):
        right = np.linalg.svd(values.astype(np.float64) - centred.mean, full_matrices=False)[2]
        loadings = right[:count]
    else:
        start = np.random.default_rng(0).standard_normal(min(values.shape))
        _, singular, right = svds(
            centred, count, v0=start, tol=1e-12, solver="arpack", return_singular_vectors="vh"
        )
        loadings = right[np.argsort(-singular)]
    largest = np.argmax(np.abs(loadings), axis=1)
    loadings = loadings * np.sign(loadings[np.arange(count), largest])[:, None]
    projections = centred @ loadings.T
    return Components(loadings, projections, np.square(projections).sum(axis=0) / squares)


class _CentredRows(LinearOperator):
    """The matrix less its column means, as products only."""

    def __init__(self, values: NDArray, mean: Doubles) -> None:
        super().__init__(np.dtype(np.float64), values.shape)
        self.values = values
        self.mean = mean

    def _matmat(self, right: Doubles) -> Doubles:
        product = np.empty((self.shape[0], right.shape[1]))
        for rows, block in _blocks(self.values):
            product[rows] = block @ right
        return product - self.mean @ right

    def _rmatmat(self, left: Doubles) -> Doubles:
        product = -np.outer(self.mean, left.sum(axis=0))
        for rows, block in _blocks(self.values):
            product += block.T @ left[rows]
        return product

    def _matvec(self, right: Doubles) -> Doubles:
        return self._matmat(right.reshape(-1, 1))[:, 0]

    def _rmatvec(self, left: Doubles) -> Doubles:
        return self._rmatmat(left.reshape(-1, 1))[:, 0]


def _blocks(values: NDArray) -> Iterator[tuple[slice, Doubles]]:
    """Yield the rows in float64, as (slice, array of shape (rows, n))."""
    height = max(1, _BLOCK // values.shape[1])
    for first in range(0, len(values), height):
        rows = slice(first, min(first + height, len(values)))
        yield rows, values[rows].astype(np.float64, copy=False)
