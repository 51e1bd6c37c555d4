"""A stopping time for each point beside one for all: do points unlearn at different rates (Sec. 2).

Both are chosen by KLoM on one half of the members and scored on the other half. On the members by
which it was chosen the best of many moments would look good by luck alone, the more so the more
points choose for themselves.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.stored import Run
from unlearning.scoring.differences import Scored
from unlearning.scoring.scores import Comparison, Scoring

logger = logging.getLogger(__name__)
Margins = NDArray[np.float32]
COLUMNS = ["method", "forget_set", "setting", "stops", "common_epoch", "elsewhere"]
COLUMNS += ["n_members", "n_points", "common", "own", "difference", "low", "high"]


@dataclass(frozen=True)
class Stopper:
    """Chooses stopping times on every second member, and scores them on the others.

    Attributes
    ----------
    oracle : (members, points) margins of the oracles on the forget set
    scoring : how margins become scores
    """

    oracle: Margins
    scoring: Scoring

    def stop(self, moments: NDArray[np.float32], epochs: list[int]) -> dict[str, float]:
        """Return what each way of stopping scores.

        Parameters
        ----------
        moments : (moments, members, points) margins on the forget set along a run
        epochs : of each moment, ascending; 0 is the pretrained ensemble

        Returns
        -------
        dict
            ``common_epoch``: at which the P95 is smallest; ``elsewhere``: the share of points whose
            own KLoM is smallest at another; ``common`` and ``own``: P95 KLoM, in nats, when all
            points stop at the former, and each at its own; ``difference`` of the latter less the
            former, with its paired 95 % interval ``low`` to ``high``.
        """
        chosen = np.stack([self._points(moment[::2], self.oracle[::2]) for moment in moments])
        common = int(np.argmin(np.percentile(chosen, 95, axis=1)))
        own = chosen.argmin(axis=0)
        columns = self.scoring.of(moments.shape[2])
        held_out = moments[:, 1::2]
        each = np.repeat(own, columns.lengths)
        mixed = np.ascontiguousarray(held_out[each, :, np.arange(columns.count)].T)
        rows = [self._scored(margins) for margins in (held_out[common], mixed)]
        scored = Scored(
            pd.DataFrame({"klom_p95": [score for score, _ in rows]}),
            np.stack([deviations for _, deviations in rows]).astype(np.float32),
        )
        return {
            "stops": len(moments),
            "common_epoch": epochs[common],
            "elsewhere": float((own != common).mean()),
            "n_members": held_out.shape[1],
            "n_points": columns.points,
            "common": rows[0][0],
            "own": rows[1][0],
            **scored.difference([1], [0]).iloc[0],
        }

    def _points(self, margins: Margins, oracle: Margins) -> NDArray[np.float64]:
        """Return the KLoM of every point; one that has no score is as far as can be."""
        return np.nan_to_num(Comparison(margins, oracle, self.scoring).points(), nan=np.inf)

    def _scored(self, margins: Margins) -> tuple[float, NDArray[np.float64]]:
        """Return P95 KLoM on the held-out members, and its deviations when they are redrawn."""
        comparison = Comparison(margins, self.oracle[1::2], self.scoring)
        [deviations] = comparison.deviations([np.arange(comparison.columns.points)]).T
        return float(np.percentile(comparison.points(), 95)), deviations


def stopping_table(
    forget_set: str,
    points: NDArray[np.int64],
    oracle: Margins,
    pretrained: Margins,
    runs: Iterable[Run],
    scoring: Scoring,
) -> pd.DataFrame:
    """Stop every run at one moment for all points, and at one of its own for each.

    Parameters
    ----------
    forget_set : name
    points : indices of its points
    oracle, pretrained : (members, columns of the data set) margins
    runs : trajectories; one run's margins are in memory at a time
    scoring : how margins become scores

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a run and number of ascent epochs: what `Stopper.stop` returned. Not to
        begin (epoch 0) is among the moments.
    """
    places = scoring.of(oracle.shape[1]).of(points)
    stopper, nothing = Stopper(oracle[:, places], scoring.at(points)), pretrained[:, places]
    rows = []
    for run in runs:
        named = pd.DataFrame([{**columns, "place": place} for place, columns in run.rows()])
        for setting, along in named.groupby("setting", sort=False):
            if len(along) < 2:
                continue
            along = along.sort_values("epoch")
            moments = [run.ensemble.margins(place)[:, places] for place in along["place"]]
            epochs = [0, *along["epoch"].tolist()]
            found = stopper.stop(np.stack([nothing, *moments]), epochs)
            of = {"method": run.description["method"], "forget_set": forget_set}
            rows.append({**of, "setting": setting, **found})
            logger.info("stopped %s", setting)
    return pd.DataFrame(rows, columns=COLUMNS)
