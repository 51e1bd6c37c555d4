"""Principal components of the train-by-train datamodel matrix.

Row j of the matrix is the datamodel of target j. With the column means taken off, the matrix is
U S V^T: the rows of V^T are the components, U S the projections of the targets on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from unlearning.datamodels.matrix import blocks, release

Doubles = NDArray[np.float64]

# Float64 copies are made of this many numbers at a time, so that they stay in the cache.
_BLOCK = 1 << 19
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

    Rows are gone through in blocks, 24 times or more: of a mapped file, no more than a block is
    in the memory of the process at any time.

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
    mean = _mean(values)
    squares = sum(float(np.vdot(block, block)) for _, block in _centred(values, mean))
    # Equal rows differ from their rounded mean in the last bits.
    if squares <= 1e-24 * values.size * float(np.square(mean).max()):
        raise ValueError("matrix has no principal components: all of its rows are equal.")

    if min(values.shape) <= max(count + 1, _TINY):
        right = np.linalg.svd(values.astype(np.float64) - mean, full_matrices=False)[2]
        loadings = right[:count]
    else:
        loadings = _leading(values, mean, count)
    largest = np.argmax(np.abs(loadings), axis=1)
    loadings = loadings * np.sign(loadings[np.arange(count), largest])[:, None]
    projections = np.empty((len(values), count))
    for rows, block in _centred(values, mean):
        projections[rows] = block @ loadings.T
    return Components(loadings, projections, np.square(projections).sum(axis=0) / squares)


def _mean(values: NDArray) -> Doubles:
    """Mean of each column, after a check that every number is finite."""
    total = np.zeros(values.shape[1])
    for rows, block in _blocks(values):
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if bad.size:
            raise ValueError(
                f"matrix must be finite, but row {rows.start + bad[0]} has a nan or an infinity."
            )
        total += block.sum(axis=0)
    return total / len(values)


def _leading(values: NDArray, mean: Doubles, count: int) -> Doubles:
    """Leading eigenvectors of the centred matrix's Gram matrix, which is never formed, as rows.

    ARPACK needs its products only, and the product of a vector with both the matrix and its
    transpose takes one pass over the rows.
    """

    def product(vector: Doubles) -> Doubles:
        result = np.zeros(len(mean))
        for _, block in _centred(values, mean):
            result += (block @ vector.ravel()) @ block
        return result

    gram = LinearOperator((len(mean), len(mean)), matvec=product, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(len(mean))
    variances, vectors = eigsh(gram, count, v0=start)
    loadings: Doubles = vectors.T[np.argsort(-variances)]
    return loadings


def _centred(values: NDArray, mean: Doubles) -> Iterator[tuple[slice, Doubles]]:
    for rows, block in _blocks(values):
        block -= mean
        yield rows, block


def _blocks(values: NDArray) -> Iterator[tuple[slice, Doubles]]:
    """Yield copies of the rows in float64, as (slice, array of shape (rows, n))."""
    for rows in blocks(len(values), max(1, _BLOCK // values.shape[1])):
        yield rows, values[rows].astype(np.float64)
        release(values)
