"""Tables of scores: one of the baselines and one of each method, for a forget set."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.stored import Ensemble, Run
from unlearning.scoring.rows import tidy, with_floor
from unlearning.scoring.scores import Scoring, score

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scorer:
    """Scores ensembles against the oracles of one forget set.

    Attributes
    ----------
    forget_set : name
    splits : name -> indices of points
    oracle : (members, points) margins of the oracles
    epochs : of one full retraining, the unit of cost
    scoring : how to score
    """

    forget_set: str
    splits: dict[str, NDArray[np.int64]]
    oracle: NDArray[np.float32]
    epochs: int
    scoring: Scoring

    def rows(
        self, ensemble: Ensemble, snapshot: int, **columns: Any
    ) -> tuple[list[dict[str, Any]], NDArray[np.float64], NDArray[np.float64]]:
        """Score an ensemble at a snapshot.

        Returns
        -------
        rows : one a split, with the given columns in front
        points : (points,) KLoM of every point
        deviations : (splits, repeats) of the P95, as `score` has them
        """
        rows, points, deviations = score(
            ensemble.margins(snapshot),
            ensemble.correct(snapshot),
            self.oracle,
            self.splits,
            self.scoring,
        )
        logger.info("scored %s", {key: columns[key] for key in ("setting", "epoch")})
        columns |= {"forget_set": self.forget_set, "seconds": ensemble.seconds(snapshot)}
        return [{**columns, **row} for row in rows], points, deviations


def method_table(
    scorer: Scorer, runs: Iterable[Run], baselines: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.float32], NDArray[np.float32]]:
    """Score every snapshot of every trajectory of one method on one forget set.

    Parameters
    ----------
    scorer : of the forget set
    runs : the method's trajectories
    baselines : the forget set's baseline scores, for the noise floor

    Returns
    -------
    table : one row a (setting, epoch, split)
    points : (settings and epochs, points) KLoM of every point, in the order of the table
    deviations : (rows of the table, repeats) of the P95
    """
    retraining = scorer.epochs * len(scorer.splits["retain"])
    rows, every_point, every_deviation = [], [], []
    for run in runs:
        for snapshot, columns in run.rows():
            record = run.ensemble.records[0]
            columns |= _given_cost(record, retraining)
            gradients = record["sample_gradients"][snapshot]
            scored, points, deviations = scorer.rows(
                run.ensemble, snapshot, **columns, relative_cost=gradients / retraining
            )
            rows += scored
            every_point.append(points)
            every_deviation.append(deviations)
    table = with_floor(pd.DataFrame(rows), baselines)
    return (
        tidy(table),
        np.stack(every_point).astype(np.float32),
        np.concatenate(every_deviation).astype(np.float32),
    )


def _given_cost(record: dict[str, Any], retraining: int) -> dict[str, float]:
    """Return the column of what a method was given, in retrainings; none where it was not."""
    given = record.get("given_sample_gradients")
    return {"given_cost": sum(given.values()) / retraining} if given else {}


def baseline_cases(
    pretrained: Ensemble, second: Ensemble, epochs: Sequence[int]
) -> Iterator[tuple[dict[str, Any], Ensemble, int]]:
    """Yield what needs no unlearning: the columns that name it, its ensemble, and the snapshot.

    Parameters
    ----------
    pretrained, second, epochs : as `baseline_table` takes them
    """
    names = ["pretrained", *(["oracle_stopped"] * (len(epochs) - 1)), "oracle_floor"]
    places = [(pretrained, 0), *((second, row) for row in range(len(epochs)))]
    for name, epoch, (ensemble, snapshot) in zip(names, [0, *epochs], places, strict=True):
        columns = {"method": name, "setting": name, "kind": "baseline", "epoch": epoch}
        yield columns, ensemble, snapshot


def baseline_table(
    scorer: Scorer, pretrained: Ensemble, second: Ensemble, epochs: Sequence[int]
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Score doing nothing, a second oracle ensemble, and oracles stopped early.

    Parameters
    ----------
    scorer : of the forget set
    pretrained : the pretrained ensemble
    second : the second oracle ensemble
    epochs : of its axis of snapshots, the last one the end of training

    Returns
    -------
    table : one row a (method, epoch, split)
    deviations : (rows of the table, repeats) of the P95
    """
    rows, every_deviation = [], []
    for columns, ensemble, snapshot in baseline_cases(pretrained, second, epochs):
        scored, _, deviations = scorer.rows(
            ensemble,
            snapshot,
            **columns,
            in_grid=True,
            relative_cost=columns["epoch"] / epochs[-1],
        )
        rows += scored
        every_deviation.append(deviations)
    table = pd.DataFrame(rows)
    return tidy(with_floor(table, table)), np.concatenate(every_deviation).astype(np.float32)
