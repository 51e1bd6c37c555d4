"""Scores above the floor, with their replicates: of each split, and of the worst one of a run."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.answer.selection_table import complete
from unlearning.scoring.differences import Scored, interval
from unlearning.scoring.rows import SPLITS

#: The largest excess of the three splits: a run is as good as where it is worst.
WORST = "worst"
MEASURES = (*SPLITS, WORST)

Floats = NDArray[np.float64]
Places = NDArray[np.int_]


class Measured(NamedTuple):
    """The excess of a run, or the mean of several, in nats.

    ``values`` is (measures,), in the order of `MEASURES`; ``moved`` (measures, repeats) is how far
    it moves in each replicate, around 0.
    """

    values: Floats
    moved: Floats


@dataclass(frozen=True)
class Excess:
    """P95 KLoM less the floor of the same forget set and split, of every row of the scores.

    Attributes
    ----------
    table : rows of scores.csv, numbered from 0, the cap where a diverged run has no score
    values : (rows,)
    moved : (rows, repeats), paired: the members of both ensembles and of the floor are the same at
        the same place in all rows
    """

    table: pd.DataFrame
    values: Floats
    moved: Floats

    def of(self, places: Places) -> Measured:
        """Return the excess of a run.

        Parameters
        ----------
        places : (splits,) numbers of its rows in the order of `SPLITS`; or (runs, splits), of which
            the mean is taken, that of the worst as well
        """
        places = np.atleast_2d(places)
        values, moved = self.values[places], self.moved[places]
        worst = values.max(axis=1)
        every = (values[:, :, None] + moved).max(axis=1)
        every -= every.mean(axis=-1, keepdims=True)
        return Measured(
            np.append(values, worst[:, None], axis=1).mean(axis=0),
            np.append(moved, every[:, None], axis=1).mean(axis=0),
        )

    def diverged(self, places: Places) -> int:
        """Return how many runs have margins that are not finite, of `places` as `of` takes them."""
        lost = self.table["n_nonfinite"].to_numpy()[np.atleast_2d(places)]
        return int((lost > 0).any(axis=1).sum())

    def given_cost(self, places: Places) -> float:
        """Return what training took that a run is given, in retrainings; the mean of several.

        Oracles or datamodels, once for all members; no part of ``relative_cost``.
        """
        if "given_cost" not in self.table:
            return 0.0
        return float(self.table["given_cost"].fillna(0).to_numpy()[np.atleast_2d(places)].mean())

    def baseline(self, method: str, forget_set: str) -> pd.DataFrame:
        """Return the snapshots of a baseline on a forget set, the cheapest first.

        Returns
        -------
        DataFrame
            ``epoch``, ``relative_cost``, and of each split its row's number, such as
            ``place_retain``.
        """
        rows = self.table[
            (self.table["method"] == method) & (self.table["forget_set"] == forget_set)
        ]
        found = rows.assign(place=rows.index).pivot(
            index=["epoch", "relative_cost"], columns="split", values="place"
        )
        found = found.reindex(columns=list(SPLITS)).add_prefix("place_").reset_index()
        return found.rename_axis(columns=None).sort_values("relative_cost", ignore_index=True)


def places(runs: pd.DataFrame) -> Places:
    """Return the numbers of the rows of runs, (runs, splits), of their columns ``place_``."""
    return runs[[f"place_{split}" for split in SPLITS]].to_numpy(int)


def measure(scored: Scored) -> Excess:
    """Subtract the floor from every score, member by member drawn.

    Parameters
    ----------
    scored : scores of baselines and methods with their replicates

    Raises
    ------
    KeyError
        When a forget set has no floor.
    """
    scored = complete(scored)
    rows, floor = np.arange(len(scored.table)), scored.floor()
    scores = scored.table["klom_p95"].to_numpy(float)
    moved = scored.replicates(rows) - scored.replicates(floor)
    return Excess(scored.table, scores - scores[floor], moved)


def columns(measured: Measured) -> dict[str, float | str]:
    """Return the excess of a run as columns of a table.

    Returns
    -------
    dict
        ``excess_forget``, ``excess_forget_low``, ``excess_forget_high`` and so on for each of
        `MEASURES`, and ``worst_split``.
    """
    low, high = interval(*measured)
    found: dict[str, float | str] = {}
    for number, name in enumerate(MEASURES):
        found[f"excess_{name}"] = float(measured.values[number])
        found[f"excess_{name}_low"] = float(low[number])
        found[f"excess_{name}_high"] = float(high[number])
    found["worst_split"] = SPLITS[int(np.argmax(measured.values[: len(SPLITS)]))]
    return found
