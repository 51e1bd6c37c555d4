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
NAMED = [*RUN, "kind", "behaviour", "grid_setting"]
NEEDED = [*NAMED, "split", "difference", "low", "high", "n_nonfinite"]
FOUND = ["diverged", "forgets", "keeps", "recedes", "approaches", "harms", "breaks", "harmless"]
FOUND += ["stays", "near", "away"]
OUTCOMES = [*NAMED, *SPLITS, "least", "most", *FOUND]
#: Nats of P95 KLoM that count as next to nothing: an interval that reaches beyond them cannot say
#: that nothing happened, and one that stays within them does.
LITTLE = 1.0
#: Of the runs that are looked through for one that does well, the best is the luckiest: so many
#: chances of error are shared among all of them (Bonferroni).
ERROR = 0.05


def widened(
    cells: pd.DataFrame, among: Any, columns: Sequence[str] = ("difference", "low", "high")
) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Return the ends of intervals that share their error.

    Parameters
    ----------
    cells : a row an interval
    among : how many they are, all together or each among its own
    columns : the estimate, and the ends of its own interval
    """
    return stretched(*(cells[name] for name in columns), below=1 - ERROR / 2, among=among)


def stretched(value: Any, low: Any, high: Any, *, below: float, among: Any) -> tuple[Any, Any]:
    """Return the ends of intervals, made wider for many to err together in 5 % of cases.

    Parameters
    ----------
    value, low, high : estimates and the ends of their intervals
    below : share of a normal distribution below the upper end, such as 0.975
    among : how many they are (Bonferroni)
    """
    wider = ndtri(1 - ERROR / 2 / among) / ndtri(below)
    return value - wider * (value - low), value + wider * (high - value)


def outcomes(cells: pd.DataFrame, kinds: Sequence[str] = ("grid",)) -> pd.DataFrame:
    """Return a row for each run.

    Parameters
    ----------
    cells : rows of controls/cells.csv
    kinds : of runs

    Returns
    -------
    DataFrame
        `NAMED`, the differences on ``forget``, ``retain`` and ``validation``, and what is told of
        the run. By intervals as wide as it takes to look for the best or the worst among all runs
        of this kind, of every method and set, on the forget set from ``least`` to ``most``:

        - ``forgets``: P95 KLoM is below the pretrained ensemble's; ``keeps``: not by `LITTLE`;
        - ``recedes``: it is above; ``approaches``: not by `LITTLE`;
        - ``harmless``: on retain and validation set it is above by less than `LITTLE`;
        - ``stays``: on no split is it below by `LITTLE`.

        By the run's own intervals, on the retain and the validation set, ``harms``: above on one
        of them; ``breaks``: by `LITTLE` and more. On all three ``near`` is nowhere farther than
        `LITTLE` to either side, ``away`` is somewhere. A run with members that ``diverged`` breaks
        and is away, and is told nothing else: its scores are those of an ensemble that is none any
        more. Of a run that lacks a score nothing is told.

    Raises
    ------
    ValueError
        When a column is missing.
    """
    require_columns(cells, NEEDED, "cells")
    rows = cells[cells["kind"].isin(kinds)]
    if rows.empty:
        return pd.DataFrame(columns=OUTCOMES).astype(dict.fromkeys(FOUND, bool))
    rows = rows.assign(grid_setting=rows["grid_setting"].fillna(""))
    wide = rows.pivot(index=NAMED, columns="split", values=["difference", "low", "high"])
    low, high, difference = (pd.DataFrame(wide[name]) for name in ("low", "high", "difference"))
    found = difference.copy()
    among = found.groupby(level="kind")["forget"].transform("size")
    ends = {
        split: widened(pd.DataFrame(wide.xs(split, axis=1, level="split")), among)
        for split in SPLITS
    }
    least, most = ends["forget"]
    lost = rows.pivot(index=NAMED, columns="split", values="n_nonfinite").gt(0).any(axis=1)
    missing = difference.isna().any(axis=1) & ~lost
    others = ["retain", "validation"]
    found["least"], found["most"], found["diverged"] = least, most, lost
    found["forgets"], found["keeps"] = (most < 0) & ~lost, (least > -LITTLE) & ~lost
    found["recedes"], found["approaches"] = (least > 0) & ~lost, (most < LITTLE) & ~lost
    found["harms"] = (low[others] > 0).any(axis=1) | lost
    found["breaks"] = (low[others] > LITTLE).any(axis=1) | lost
    found["harmless"] = ~lost
    for split in others:
        found["harmless"] &= ends[split][1] < LITTLE
    within = (low[list(SPLITS)] > -LITTLE) & (high[list(SPLITS)] < LITTLE)
    beyond = (low[list(SPLITS)] > LITTLE) | (high[list(SPLITS)] < -LITTLE)
    found["stays"] = ~lost
    for split in SPLITS:
        found["stays"] &= ends[split][0] > -LITTLE
    found["near"], found["away"] = within.all(axis=1) & ~lost, beyond.any(axis=1) | lost
    found.loc[missing, FOUND] = False
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


def moves(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return which runs forget, and are not told that it is but a little."""
    return runs["forgets"] & ~runs["keeps"]


def succeeds(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return which runs forget, more than a little, and are told to harm no more than that."""
    return moves(runs) & runs["harmless"]


def falls_short(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return which runs are told to break the model, or to forget no more than a little."""
    return (runs["breaks"] | runs["keeps"]) & ~succeeds(runs)


def fails(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return which runs are told to break the model, or to bring it nearer on no split."""
    return (runs["breaks"] | runs["stays"]) & ~succeeds(runs)


def lasting(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of those pairs of method and forget set that have one to be judged.

    Where the members of every run diverged, or its scores are missing, learning rates were too
    large, and that says nothing of the method.
    """
    known = places(runs, ~runs["diverged"] & runs[list(SPLITS)].notna().all(axis=1))
    keys = zip(runs["method"], runs["forget_set"], strict=True)
    return runs[[key in known for key in keys]]


def places(runs: pd.DataFrame, which: "pd.Series[bool]") -> set[tuple[str, str]]:
    """Return the (method, forget set) of which at least one run is of those."""
    chosen = runs[which.to_numpy(bool)]
    return set(zip(chosen["method"], chosen["forget_set"], strict=True))


def median_of(values: "pd.Series[float]") -> float:
    """Return the median, nan of nothing."""
    return float(np.median(values)) if len(values) else float("nan")
