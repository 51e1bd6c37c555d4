"""Tables of scores: one of the baselines and one of each method, for a forget set."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.files import load_array, load_correct
from unlearning.artifacts.tables import snapshot_columns
from unlearning.scoring.scores import Scoring, score, split_points, tidy, with_floor

logger = logging.getLogger(__name__)

Loaded = tuple[NDArray[np.float32], NDArray[np.bool_]]


class Ensembles:
    """Margins of ensembles in chunks on disk, in data-set order.

    Parameters
    ----------
    n_train, n_validation : sizes of the two parts of the data set
    forget : indices of the forget set
    scoring : how to score
    """

    def __init__(
        self, n_train: int, n_validation: int, forget: NDArray[np.int64], scoring: Scoring
    ) -> None:
        self.points = n_train + n_validation
        self.splits = split_points(forget, n_train, n_validation)
        self.retain = len(self.splits["retain"])
        self.scoring = scoring

    def load_margins(
        self,
        paths: Sequence[str],
        sizes: Sequence[int],
        snapshots: int | None,
        dtype: str = "float32",
    ) -> Callable[[int], NDArray[np.float32]]:
        """Return a function from a snapshot to all members' margins (members, points).

        Parameters
        ----------
        paths : files of the chunks, each (snapshots, members of the chunk, points)
        sizes : members of each chunk
        snapshots : length of the snapshot axis, None where the files have no such axis
        dtype : that the files are of
        """
        arrays = [
            load_array(path, shape=self._shape(size, snapshots), dtype=dtype).reshape(
                -1, size, self.points
            )
            for path, size in zip(paths, sizes, strict=True)
        ]
        return lambda row: np.concatenate([array[row] for array in arrays], dtype=np.float32)

    def load(
        self,
        margins: Sequence[str],
        correct: Sequence[str],
        sizes: Sequence[int],
        snapshots: int | None,
        dtype: str = "float32",
    ) -> Callable[[int], Loaded]:
        """Return a function from a snapshot to all members' margins and predictions.

        Parameters
        ----------
        margins, correct : files of the chunks
        sizes, snapshots, dtype : as in `load_margins`
        """
        at = self.load_margins(margins, sizes, snapshots, dtype)
        right = [
            load_correct(path, shape=self._shape(size, snapshots)).reshape(-1, size, self.points)
            for path, size in zip(correct, sizes, strict=True)
        ]
        return lambda row: (at(row), np.concatenate([array[row] for array in right]))

    def _shape(self, size: int, snapshots: int | None) -> tuple[int, ...]:
        axis = () if snapshots is None else (snapshots,)
        return (*axis, size, self.points)

    def rows(
        self, loaded: Loaded, oracle: NDArray[np.float32], **columns: Any
    ) -> tuple[list[dict[str, Any]], NDArray[np.float64]]:
        """Score one ensemble and add the given columns to its rows."""
        rows, points = score(*loaded, oracle, self.splits, self.scoring)
        logger.info("scored %s", {key: columns[key] for key in ("setting", "epoch")})
        return [{**columns, **row} for row in rows], points


def method_table(
    ensembles: Ensembles,
    oracle: NDArray[np.float32],
    method: str,
    forget_set: str,
    runs: Sequence[dict[str, Any]],
    files: dict[str, Sequence[str]],
    records: Sequence[dict[str, Any]],
    sizes: Sequence[int],
    retraining_epochs: int,
    baselines: pd.DataFrame,
    dtype: str,
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Score every snapshot of every trajectory of one method on one forget set.

    Parameters
    ----------
    ensembles : the data set's splits and how to score
    oracle : (members, points) margins of the oracles
    method, forget_set : names
    runs : a dictionary a trajectory: ``name``, ``kind``, ``hyperparameters``, ``snapshots`` (the
        axis) and ``grid`` (the epochs that the grid asks for)
    files : ``margins`` and ``correct``, chunk after chunk of run after run
    records : of the same chunks in the same order, ``seconds`` and ``sample_gradients`` in them
    sizes : members of each chunk
    retraining_epochs : epochs of one full retraining, the unit of cost
    baselines : the forget set's baseline scores, for the noise floor
    dtype : that the margins are kept in

    Returns
    -------
    table : one row a (setting, epoch, split)
    points : (settings and epochs, points) KLoM of every point, in the order of the table
    """
    rows, every_point = [], []
    for number, run in enumerate(runs):
        chunk = slice(number * len(sizes), (number + 1) * len(sizes))
        load = ensembles.load(
            files["margins"][chunk], files["correct"][chunk], sizes, len(run["snapshots"]), dtype
        )
        for row, snapshot in enumerate(run["snapshots"]):
            gradients = records[chunk][0]["sample_gradients"][row]
            scored, points = ensembles.rows(
                load(row),
                oracle,
                method=method,
                forget_set=forget_set,
                **snapshot_columns(run, *snapshot),
                relative_cost=gradients / (retraining_epochs * ensembles.retain),
                seconds=sum(record["seconds"][row] for record in records[chunk]),
            )
            rows += scored
            every_point.append(points)
    table = with_floor(pd.DataFrame(rows), baselines)
    return tidy(table), np.stack(every_point).astype(np.float32)


def baseline_table(
    ensembles: Ensembles,
    oracle: NDArray[np.float32],
    forget_set: str,
    pretrained: tuple[Loaded, float],
    second: Callable[[int], Loaded],
    epochs: Sequence[int],
    seconds: Sequence[float],
) -> pd.DataFrame:
    """Score doing nothing, a second oracle ensemble, and oracles stopped early.

    Parameters
    ----------
    ensembles : the data set's splits and how to score
    oracle : (members, points) margins of the oracles
    forget_set : name
    pretrained : the pretrained ensemble and the seconds it took
    second : gives a snapshot of the second oracle ensemble
    epochs : epochs of its snapshot axis, the last one the end of training
    seconds : its training time until each of them
    """
    names = [*(["oracle_stopped"] * (len(epochs) - 1)), "oracle_floor"]
    cases = [
        ("pretrained", 0, 0.0, pretrained[1], pretrained[0]),
        *(
            (name, epoch, epoch / epochs[-1], spent, second(row))
            for row, (name, epoch, spent) in enumerate(zip(names, epochs, seconds, strict=True))
        ),
    ]
    rows = []
    for method, epoch, cost, spent, loaded in cases:
        scored, _ = ensembles.rows(
            loaded,
            oracle,
            method=method,
            setting=method,
            kind="baseline",
            epoch=epoch,
            in_grid=True,
            forget_set=forget_set,
            relative_cost=cost,
            seconds=spent,
        )
        rows += scored
    table = pd.DataFrame(rows)
    return tidy(with_floor(table, table))
