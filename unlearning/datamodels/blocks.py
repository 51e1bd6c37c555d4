"""The forget-by-retain block of the datamodel matrix, of many forget sets in one pass.

The influence tau(z, x) of training point z on the margin of training point x stands in row x and
column z of the matrix. So the block of a forget set F has the retained points as its rows and the
forgotten ones as its columns; its norms are those of its transpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from unlearning.datamodels.matrix import blocks, release

Indices = NDArray[np.int64]

# Numbers of the matrix that are in memory at a time.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Block:
    """How forgotten points act on all retained ones.

    Attributes
    ----------
    spectral_norm : float
        Largest singular value: the most that a change of the forgotten points' weights, of length
        one, moves the margins of the retained points, as a vector.
    mean_absolute : float
        Mean size of an entry, in units of the margin.
    """

    spectral_norm: float
    mean_absolute: float


def forget_by_retain(matrix: ArrayLike, forget_sets: Mapping[str, Indices]) -> dict[str, Block]:
    """Measure the block of every forget set, in one pass over the rows of the matrix.

    The largest singular value is the root of the largest eigenvalue of the Gram matrix of the
    columns, |F| x |F|, which grows by the products of each part of the rows. Of a mapped file no
    more than such a part is in the memory of the process at any time; beside it there are
    8 |F|^2 bytes for each forget set.

    Parameters
    ----------
    matrix : array_like of float, shape (n, n)
        Row x holds the datamodel of training point x. The arithmetic is in float64.
    forget_sets : mapping of str to ndarray of int64, shape (|F|,)
        Different indices into the training points, not all of them.

    Returns
    -------
    dict
        Forget set -> `Block`, in the order given.

    Raises
    ------
    ValueError
        When the matrix is not square or not finite in a block, or a forget set is empty, leaves
        nothing to retain, or has a point without a row: names it.
    """
    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"matrix must have shape (n, n), not {values.shape}.")
    points = len(values)
    for name, forget in forget_sets.items():
        _check(name, forget, points)
    grams = {name: np.zeros((len(forget),) * 2) for name, forget in forget_sets.items()}
    sums = dict.fromkeys(forget_sets, 0.0)
    retained = {name: np.ones(points, bool) for name in forget_sets}
    for name, forget in forget_sets.items():
        retained[name][forget] = False
    for rows in blocks(points, max(1, _BLOCK // points)):
        part = np.array(values[rows])
        release(values)
        for name, forget in forget_sets.items():
            entries = part[:, forget][retained[name][rows]].astype(np.float64)
            grams[name] += entries.T @ entries
            sums[name] += float(np.abs(entries).sum())
    return {name: _block(name, grams[name], sums[name], points) for name in forget_sets}


def _check(name: str, forget: Indices, points: int) -> None:
    if not 0 < len(forget) < points:
        raise ValueError(
            f"Forget set {name}: {len(forget)} of {points} points make no block; one at least must "
            "be forgotten, and one retained."
        )
    outside = forget[(forget < 0) | (forget >= points)]
    if len(outside):
        raise ValueError(
            f"Forget set {name}: training point {outside[0]} has no row in the datamodel matrix, "
            f"which has {points}."
        )


def _block(name: str, gram: NDArray[np.float64], total: float, points: int) -> Block:
    if not np.isfinite(gram).all():
        raise ValueError(
            f"Forget set {name}: its block of the datamodel matrix has a nan or an infinity."
        )
    size = len(gram)
    largest = eigh(gram, eigvals_only=True, subset_by_index=[size - 1, size - 1])[0]
    return Block(float(np.sqrt(max(largest, 0.0))), total / (size * (points - size)))
