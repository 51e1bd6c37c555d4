"""From the margins of all members to the tables of what fewer of them say, of one forget set."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.answer.ranking import ranking_rows
from unlearning.answer.stability import RUN, gaussian_rows, stability_rows
from unlearning.answer.subsamples import Subsampler, gaussian_floor, orders
from unlearning.artifacts.stored import Run
from unlearning.scoring.differences import Scored
from unlearning.scoring.scores import Scoring, clipped

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Study:
    """What is subsampled, and how.

    Attributes
    ----------
    forget_set : name
    splits : name -> indices of points
    scoring : how margins become scores
    sizes : N, ascending; the last one is all members
    gaussian_sizes : N of the floor that equal Gaussians give, ``sizes`` among them
    subsamples : of each N, two of each order
    """

    forget_set: str
    splits: dict[str, NDArray[np.int64]]
    scoring: Scoring
    sizes: list[int]
    gaussian_sizes: list[int]
    subsamples: int


def subsampled_tables(
    study: Study,
    oracle: NDArray[np.float32],
    pretrained: NDArray[np.float32],
    runs: Iterable[Run],
    scored: Scored,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score fewer members of every ensemble; one run's margins are in memory at a time.

    Parameters
    ----------
    study : what to do
    oracle : (oracles, points) margins, the reference first and the second ensemble after it
    pretrained : (members, points) margins
    runs : trajectories; each description has ``looked_at``, the snapshots that are wanted
    scored : scores of the runs by all members

    Returns
    -------
    stability : rows of `stability_rows`, of the pretrained models, the second oracle ensemble, the
        runs, and equal Gaussians
    ranking : rows of `ranking_rows`
    """
    points = {name: len(group) for name, group in study.splits.items()}
    count, seed = study.subsamples // 2, study.scoring.seed
    subsampler = Subsampler(
        clipped(oracle, study.scoring.clip),
        study.splits,
        study.scoring,
        study.sizes,
        orders(len(pretrained), count, seed=seed, name=f"members of {study.forget_set}"),
        orders(len(oracle), count, seed=seed, name=f"oracles of {study.forget_set}"),
    )
    whole = study.scoring.of(oracle.shape[1])
    length = round(whole.count / whole.points)
    gaussian = np.stack(
        [
            gaussian_floor(size, list(points.values()), study.scoring.variant, seed, length)
            for size in study.gaussian_sizes
        ]
    )
    floor = subsampler.floor()
    here = gaussian[[study.gaussian_sizes.index(size) for size in study.sizes]]
    rows = [gaussian_rows(study.forget_set, gaussian, sizes=study.gaussian_sizes, points=points)]

    def add(scores: NDArray[np.float64], **run: object) -> None:
        run["forget_set"] = study.forget_set
        rows.append(stability_rows(run, scores, floor, here, sizes=study.sizes, points=points))

    baseline = {"kind": "baseline"}
    add(floor, method="oracle_floor", setting="oracle_floor", epoch=0, **baseline)
    add(
        subsampler.scores(pretrained),
        method="pretrained",
        setting="pretrained",
        epoch=0,
        **baseline,
    )
    known = _places(scored)
    every, places = [], []
    for margins, columns in _snapshots(runs):
        scores = subsampler.scores(margins)
        run = {key: columns[key] for key in RUN if key in columns}
        add(scores, **run)
        every.append(scores)
        key = (run["method"], run["setting"], run["epoch"])
        places.append([known[(*key, split)] for split in study.splits])
        logger.info("subsampled %s", run)
    found = np.stack(every) if every else np.empty((0, *floor.shape))
    ranking = ranking_rows(study.forget_set, found, scored, np.array(places), sizes=study.sizes)
    return pd.concat(rows, ignore_index=True), ranking


def _snapshots(runs: Iterable[Run]) -> Iterator[tuple[NDArray[np.float32], dict]]:
    """Yield the margins and the columns of each snapshot that is looked at."""
    for run in runs:
        wanted = [tuple(snapshot) for snapshot in run.description["looked_at"]]
        axis = run.description["snapshots"]
        for row, columns in run.rows():
            if tuple(axis[row]) in wanted:
                yield run.ensemble.margins(row), columns


def _places(scored: Scored) -> dict[tuple, int]:
    """Return the number of the row of each method, setting, epoch and split."""
    keys = scored.table[["method", "setting", "epoch", "split"]]
    return {key: place for place, key in enumerate(keys.itertuples(index=False, name=None))}
