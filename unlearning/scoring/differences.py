"""Scores less other scores: by how much one run is above another, or above the floor, and is it.

The bootstrap draws the same members at the same place for every ensemble of a study. A pretrained
member and what was unlearned from it, and the oracles that both are held against, are drawn
together, so the noise that they share drops out of their difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from unlearning.artifacts.files import load_array
from unlearning.scoring.bootstrap import angle
from unlearning.scoring.klom import CAP
from unlearning.scoring.rows import read_scores


def interval(
    values: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of 95 % intervals.

    Parameters
    ----------
    values : (...)
    moved : (..., repeats) how far each moves in the replicates, around 0
    """
    deviation = np.sqrt(np.square(moved).sum(axis=-1) / max(moved.shape[-1] - 1, 1))
    reach = ndtri(0.975) * deviation
    return values - reach, values + reach


@dataclass(frozen=True)
class Scored:
    """Rows of scores, each with its replicates.

    Attributes
    ----------
    table : rows of scores.csv, numbered from 0
    deviations : (rows, repeats) of ``klom_p95``, as `score` has them
    """

    table: pd.DataFrame
    deviations: NDArray[np.float32]

    def difference(self, rows: ArrayLike, others: ArrayLike) -> pd.DataFrame:
        """Subtract the P95 of other rows from that of rows.

        Parameters
        ----------
        rows, others : (differences,) or (differences, rows each) numbers of rows of the table; of
            several rows each, their mean is taken

        Returns
        -------
        DataFrame
            ``difference``, ``low``, ``high`` (the 95 % interval, paired): one row a difference.
        """
        first, second = (self._means(np.asarray(numbers, int)) for numbers in (rows, others))
        estimate = first[0] - second[0]
        low, high = interval(estimate, first[1] - second[1])
        return pd.DataFrame({"difference": estimate, "low": low, "high": high})

    def _means(self, rows: NDArray[np.int_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean score of each group of rows, and how it moves in each replicate."""
        groups = rows[:, None] if rows.ndim == 1 else rows
        scores = self.table["klom_p95"].to_numpy(float)[groups]
        repeats = self.deviations.shape[1]
        moved = self.replicates(groups.ravel()).reshape(*groups.shape, repeats)
        return scores.mean(axis=1), moved.mean(axis=1)

    def replicates(self, rows: NDArray[np.int_]) -> NDArray[np.float64]:
        """Return by how much the scores of rows move in each replicate, in nats.

        Parameters
        ----------
        rows : numbers of rows of the table

        Returns
        -------
        ndarray, shape (rows, repeats)
            Deviations from their mean; the same members at the same place in all of them.
        """
        scores = self.table["klom_p95"].to_numpy(float)[rows, None]
        angles = np.clip(angle(scores) + self.deviations[rows], 0, np.pi / 2)
        moved = CAP * np.sin(angles) ** 2
        return moved - moved.mean(axis=1, keepdims=True)

    def floor(self) -> NDArray[np.int_]:
        """Return, for each row, the number of its floor's: of the same forget set and split.

        Raises
        ------
        KeyError
            When a forget set has no floor.
        """
        keys = pd.MultiIndex.from_frame(self.table[["forget_set", "split"]])
        is_floor = (self.table["method"] == "oracle_floor").to_numpy()
        places = pd.Series(np.flatnonzero(is_floor), index=keys[is_floor])
        return places.loc[keys].to_numpy()

    def excess(self) -> pd.DataFrame:
        """Subtract its floor from every row, as `difference`."""
        return self.difference(np.arange(len(self.table)), self.floor())


def read_scored(tables: Sequence[str], deviations: Sequence[str]) -> Scored:
    """Read and join tables of scores with their replicates.

    Parameters
    ----------
    tables, deviations : paths, the replicates of each table at the same place

    Raises
    ------
    ArtifactError
        When a file is damaged, or the two are not of the same rows.
    """
    read = [read_scores([path]) for path in tables]
    arrays = [
        load_array(path, shape=(len(table), None), dtype=np.float32)
        for path, table in zip(deviations, read, strict=True)
    ]
    return Scored(pd.concat(read, ignore_index=True), np.concatenate(arrays))
