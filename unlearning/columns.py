"""Which columns of an array of margins are of which point.

An image has one margin, that of its class. A sequence has one a token, and what is said of it is
the mean over its tokens: its KLoM (Easy Data Unlearning Bench, arXiv 2602.16400), its margin.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Columns:
    """Columns, point after point.

    Parameters
    ----------
    lengths : (points,) columns of each point, at least 1

    Attributes
    ----------
    points : number of points
    count : number of columns
    single : whether each point has one, so that what is said of columns is said of points
    """

    def __init__(self, lengths: ArrayLike) -> None:
        self.lengths = np.asarray(lengths, np.int64)
        ends = np.cumsum(self.lengths)
        self.starts = ends - self.lengths
        self.points, self.count = len(self.lengths), int(self.lengths.sum())
        self.single = self.points == self.count

    def of(self, points: NDArray[np.integer] | Sequence[int]) -> NDArray[np.int64]:
        """Return the columns of some points, in their order."""
        chosen = np.asarray(points, np.int64)
        if self.single:
            return chosen
        parts = [np.arange(self.lengths[point]) + self.starts[point] for point in chosen]
        return np.concatenate([np.empty(0, np.int64), *parts])

    def part(self, points: NDArray[np.integer] | Sequence[int] | slice) -> "Columns":
        """Return what the columns of some points are of, once these are cut out."""
        return Columns(self.lengths[points])

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean over the columns of each point.

        Parameters
        ----------
        values : (..., columns)

        Returns
        -------
        ndarray
            (..., points); the values themselves where each point has one column.
        """
        if self.single:
            return values
        sums = np.add.reduceat(values, self.starts, axis=-1)
        return np.asarray(sums / self.lengths.astype(values.dtype))


def of_record(record: Mapping[str, Any]) -> Columns:
    """Return the columns of a prepared data set.

    Parameters
    ----------
    record : ``n_train``, ``n_validation``, and of sequences their ``lengths``
    """
    return Columns(record.get("lengths") or np.ones(record["n_train"] + record["n_validation"]))
