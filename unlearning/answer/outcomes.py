"""What became of each run: did it forget, did it do harm, beyond what chance does among so many.

All that is asked is answered by paired intervals of differences from the pretrained ensemble
(`controls.compare_with_nothing`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from unlearning.artifacts.tables import require_columns
from unlearning.scoring.differences import Scored
from unlearning.scoring.rows import SPLITS

RUN = ["method", "forget_set", "setting", "epoch"]
NEEDED = [*RUN, "kind", "behaviour", "split", "difference", "low", "high"]
OUTCOMES = [*RUN, "kind", "behaviour", *SPLITS, "forgets", "recedes", "harms"]
#: Of the runs that are looked through for one that does well, the best is the luckiest: so many
#: chances of error are shared among all of them (Bonferroni).
ERROR = 0.05


def shared_error(among: Any) -> Any:
    """Return how many times wider an interval is that shares its error among so many."""
    return ndtri(1 - ERROR / 2 / among) / ndtri(1 - ERROR / 2)


def outcomes(cells: pd.DataFrame, kinds: Sequence[str] = ("grid",)) -> pd.DataFrame:
    """Return a row for each run.

    Parameters
    ----------
    cells : rows of controls/cells.csv
    kinds : of runs

    Returns
    -------
    DataFrame
        `RUN`, ``kind``, ``behaviour`` and

        - ``forgets``: P95 KLoM on the forget set is below the pretrained ensemble's, by an interval
          that is as wide as it takes to look for the best run of this method, set and kind;
        - ``recedes``: it is above, by the same interval;
        - ``harms``: it is above on the retain or the validation set, by the run's own interval;
        - ``forget``, ``retain``, ``validation``: the differences.

    Raises
    ------
    ValueError
        When a column is missing.
    """
    require_columns(cells, NEEDED, "cells")
    rows = cells[cells["kind"].isin(kinds)]
    if rows.empty:
        return pd.DataFrame(columns=OUTCOMES).astype(dict.fromkeys(OUTCOMES[-3:], bool))
    index = [*RUN, "kind", "behaviour"]
    wide = rows.pivot(index=index, columns="split", values=["difference", "low", "high"])
    low, high, difference = wide["low"], wide["high"], wide["difference"]
    found = difference.copy()
    among = found.groupby(level=["method", "forget_set", "kind"])["forget"].transform("size")
    wider = shared_error(among)
    change = difference["forget"]
    found["forgets"] = change + wider * (high["forget"] - change) < 0
    found["recedes"] = change - wider * (change - low["forget"]) > 0
    found["harms"] = (low["retain"] > 0) | (low["validation"] > 0)
    return found.reset_index().rename_axis(columns=None)[OUTCOMES]


def baseline_rows(scored: Scored) -> pd.DataFrame:
    """Return the scores of the pretrained ensemble and of the floor, with their excess over it.

    Parameters
    ----------
    scored : scores of baselines, with their replicates
    """
    table = scored.table
    excess = scored.excess().add_prefix("excess_").rename(columns={"excess_difference": "excess"})
    kept = table["method"].isin(["pretrained", "oracle_floor"])
    columns = ["method", "forget_set", "split", "n_members", "n_points"]
    columns += ["klom_p95", "klom_p95_low", "klom_p95_high"]
    return table[columns].join(excess)[kept].reset_index(drop=True)


def measurable(baselines: pd.DataFrame) -> list[str]:
    """Return the forget sets on which there is something to unlearn.

    Parameters
    ----------
    baselines : ``method``, ``forget_set``, ``split`` and ``excess_low``: the excess over the floor

    Returns
    -------
    list of str
        Those on which the pretrained ensemble is above the floor by its whole interval.
    """
    rows = baselines[(baselines["method"] == "pretrained") & (baselines["split"] == "forget")]
    return sorted(rows.loc[rows["excess_low"] > 0, "forget_set"])


def places(runs: pd.DataFrame, which: "pd.Series[bool]") -> set[tuple[str, str]]:
    """Return the (method, forget set) of which at least one run is of those."""
    chosen = runs[which.to_numpy(bool)]
    return set(zip(chosen["method"], chosen["forget_set"], strict=True))


def median_of(values: "pd.Series[float]") -> float:
    """Return the median, nan of nothing."""
    return float(np.median(values)) if len(values) else float("nan")
