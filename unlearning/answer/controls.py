"""What of a score is the drift of BatchNorm, what is ascent, and what is the published protocol.

All of it are paired differences between a run and another one that differs in a known thing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.scoring.differences import Scored
from unlearning.scoring.rows import FURTHER, IDENTITY, MEASURES
from unlearning.study.conditions import OPTIMIZER, USUAL, is_published

#: What a run's score is taken apart into; the first two add up to the last.
PARTS = ("drift", "ascent on drift", "ascent alone", "total")
#: Hyperparameters by which the published code, or the optimizer, sets two runs apart, and what they
#: are where a table says nothing.
SET_APART = {**USUAL, "student": "trained"}
CELL = ["method", "forget_set", "learning_rate", "forget_batch_size", "epoch", "ascent_epochs"]
SCORE = ["setting", "split", "n_members", "klom_p95", "klom_p95_low", "klom_p95_high"]
CORRECTED = "corrected"
#: Nats: a wider interval says of a difference little more than its sign. One member's margin, where
#: it is extreme, stretches histograms so that the score hangs on whether it is drawn.
WIDE = 4.0

Rows = NDArray[np.int_]


def described(table: pd.DataFrame) -> pd.DataFrame:
    """Return what tells each row from others, without missing values.

    Parameters
    ----------
    table : rows of scores.csv

    Returns
    -------
    DataFrame
        Method, kind, epoch, forget set, split and all hyperparameters, in the order of the table.
    """
    names = [column for column in table if column not in {*IDENTITY, *FURTHER, *MEASURES}]
    found = table[["method", "kind", "epoch", "forget_set", "split", *names]].copy()
    for name, usual in SET_APART.items():
        known = found[name] if name in found else pd.Series(np.nan, found.index)
        found[name] = known.astype(object).where(known.notna(), "all" if usual is None else usual)
    return found.astype(object).where(found.notna(), "")


def counterparts(
    keys: pd.DataFrame, rows: NDArray[np.bool_], among: NDArray[np.bool_], apart: Sequence[str]
) -> tuple[Rows, Rows]:
    """Find to each of some rows the one that differs in nothing but some columns.

    Parameters
    ----------
    keys : what `described` returned
    rows : which rows to find others to
    among : which rows may be found
    apart : the columns, beside ``kind``, in which the two may differ

    Returns
    -------
    found, others : numbers of those rows that have such a one, and of these
    """
    index = pd.MultiIndex.from_frame(keys.drop(columns=["kind", *apart]).astype(str))
    places = pd.Series(np.flatnonzero(among), index=index[among])
    places = places[~places.index.duplicated()].reindex(index[rows])
    has = places.notna().to_numpy()
    return np.flatnonzero(rows)[has], places[has].to_numpy(int)


def decompose(scored: Scored) -> pd.DataFrame:
    """Take the scores of runs apart into the drift of BatchNorm and ascent, at the same epoch.

    Drift alone is the run at learning rate 0 less the pretrained ensemble; ascent on top of drift
    the run less that at learning rate 0; ascent alone the run with frozen statistics less the
    pretrained ensemble. All three are P95 KLoM (paper, Sec. 2).

    Parameters
    ----------
    scored : scores of methods and of baselines, with their replicates

    Returns
    -------
    DataFrame
        A row a part of `PARTS`, split and cell: a run of the grid that has both controls; drift
        once for all learning rates, at 0. ``difference`` is the part, ``low`` to ``high`` its
        paired 95 % interval; ``klom_p95`` is the score of the first of the two runs, whose
        ``setting`` stands beside it; ``n_nonfinite`` counts the margins of diverged members, in
        the one of them that has more. Empty where no run has both.
    """
    table, keys = scored.table, described(scored.table)
    own, still, frozen = (
        of_kinds(table, kind) for kind in ("grid", "zero_learning_rate", "frozen_batch_norm")
    )
    runs, zero = counterparts(keys, own, still, ["learning_rate"])
    alone, fixed = counterparts(keys, own, frozen, ["batch_norm"])
    both, first, second = np.intersect1d(runs, alone, return_indices=True)
    zero, fixed = zero[first], fixed[second]
    nothing = untouched(table)[both]
    pairs = [(zero, nothing), (both, zero), (fixed, nothing), (both, nothing)]
    lost = table["n_nonfinite"].to_numpy()
    parts = [
        cells(table, pair[0]).assign(
            part=part,
            n_nonfinite=np.maximum(*(lost[rows] for rows in pair)),
            **scored.difference(*pair),
        )
        for part, pair in zip(PARTS, pairs, strict=True)
    ]
    # The same run at learning rate 0 stands beside every learning rate.
    return pd.concat(parts, ignore_index=True).drop_duplicates(
        [*CELL, "split", "part"], ignore_index=True
    )


def diverged(cells_: pd.DataFrame) -> "pd.Series[bool]":
    """Return which differences are of scores that are of no ensemble any more: members diverged.

    A difference that is missing is none of these: nothing is known of it.
    """
    return cells_["n_nonfinite"].gt(0)


def of_kinds(table: pd.DataFrame, *kinds: str) -> NDArray[np.bool_]:
    """Return which rows are of some kinds, and of an epoch that the grid asks for."""
    return (table["kind"].isin(kinds) & table["in_grid"].astype(bool)).to_numpy()


def untouched(table: pd.DataFrame) -> Rows:
    """Return, for each row, the number of the pretrained ensemble's of the same set and split."""
    keys = pd.MultiIndex.from_frame(table[["forget_set", "split"]])
    is_it = (table["method"] == "pretrained").to_numpy()
    return pd.Series(np.flatnonzero(is_it), index=keys[is_it]).loc[keys].to_numpy()


def cells(table: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Return the columns that name the cells of some rows, and say how they scored."""
    return table.reindex(columns=CELL + SCORE).iloc[rows].reset_index(drop=True)


def behaviours(keys: pd.DataFrame, rows: Rows, others: Rows) -> list[str]:
    """Name by what each row is set apart from another one, such as ``order + student``."""
    found = []
    records = keys[list(SET_APART)].to_dict("records")
    for row, other in zip(rows, others, strict=True):
        apart = [name for name in SET_APART if records[row][name] != records[other][name]]
        named = ["optimizer" if name in OPTIMIZER else name for name in apart]
        found.append(" + ".join(dict.fromkeys(named)))
    return found


def compare_protocols(scored: Scored) -> pd.DataFrame:
    """Hold runs with flaws of the published code, or another optimizer, against corrected ones.

    Parameters
    ----------
    scored : scores of methods and of baselines, with their replicates

    Returns
    -------
    DataFrame
        A row a split and run of kind ``as_published`` or ``optimizer`` whose method's grid has the
        same run without. ``behaviour`` names what sets the two apart; ``published`` is whether it
        is all that the study has of the published code on this method and forget set;
        ``corrected_p95`` is the score of the other run, ``difference`` ours less that.
    """
    table, keys = scored.table, described(scored.table)
    variants, own = of_kinds(table, "as_published", "optimizer"), of_kinds(table, "grid")
    rows, others = counterparts(keys, variants, own, list(SET_APART))
    found = cells(table, rows).assign(
        behaviour=behaviours(keys, rows, others),
        n_nonfinite=np.maximum(*(table["n_nonfinite"].to_numpy()[some] for some in (rows, others))),
        corrected_setting=table["setting"].to_numpy()[others],
        corrected_p95=table["klom_p95"].to_numpy()[others],
        **scored.difference(rows, others),
    )
    flaws = [set(text.split(" + ")) - {"optimizer"} for text in found["behaviour"]]
    places = list(zip(found["method"], found["forget_set"], strict=True))
    every: dict[tuple[str, str], set[str]] = {}
    for place, some in zip(places, flaws, strict=True):
        every.setdefault(place, set()).update(some)
    return found.assign(
        published=[
            "optimizer" not in text and some == every[place]
            for text, place, some in zip(found["behaviour"], places, flaws, strict=True)
        ]
    )


def compare_with_nothing(scored: Scored) -> pd.DataFrame:
    """Hold every run against the pretrained ensemble, and against the floor.

    Parameters
    ----------
    scored : scores of methods and of baselines, with their replicates

    Returns
    -------
    DataFrame
        A row a run and split. ``difference``, ``low``, ``high``: its score less that of doing
        nothing. ``excess``, ``excess_low``, ``excess_high``: less the floor of this N. ``told`` is
        whether the first interval excludes 0, or members diverged, and ``run_told`` whether it is
        so on any split of the run. ``n_nonfinite`` counts margins of diverged members.
        ``behaviour`` says what it has of the published code, ``corrected`` if nothing;
        ``grid_setting`` of a run with frozen statistics is the run of the grid that differs in
        these alone.
    """
    table, keys = scored.table, described(scored.table)
    rows = np.flatnonzero((table["kind"] != "baseline") & table["in_grid"].astype(bool))
    excess = scored.excess().iloc[rows].add_prefix("excess_").reset_index(drop=True)
    excess = excess.rename(columns={"excess_difference": "excess"})
    fixed, beside = counterparts(
        keys, of_kinds(table, "frozen_batch_norm"), of_kinds(table, "grid"), ["batch_norm"]
    )
    besides = pd.Series(table["setting"].to_numpy()[beside], index=fixed, dtype=object)
    found = cells(table, rows).assign(
        kind=table["kind"].to_numpy()[rows],
        grid_setting=besides.reindex(rows).fillna("").to_numpy(),
        behaviour=[_behaviour(key) for key in keys.iloc[rows].to_dict("records")],
        **{name: keys[name].to_numpy()[rows] for name in SET_APART},
        floor_p95=table["floor_p95"].to_numpy()[rows],
        n_nonfinite=table["n_nonfinite"].to_numpy()[rows],
        **scored.difference(rows, untouched(table)[rows]),
    )
    found["told"] = (found["low"] > 0) | (found["high"] < 0) | diverged(found)
    run = [found[name].fillna(-1) for name in (*CELL, "setting")]
    return found.assign(run_told=found["told"].groupby(run).transform("any")).join(excess)


def _behaviour(key: dict[Any, Any]) -> str:
    values = {name: None if key[name] == "all" else key[name] for name in SET_APART}
    flaws = [name for name, value in values.items() if is_published(name, value)]
    other = ["optimizer"] if any(float(key[name]) for name in OPTIMIZER) else []
    return " + ".join(flaws + other) or CORRECTED


def summarise(parts: pd.DataFrame, protocols: pd.DataFrame, cells_: pd.DataFrame) -> pd.DataFrame:
    """Count, method by method and split by split, on which side of 0 the differences lie.

    Parameters
    ----------
    parts, protocols, cells_ : what `decompose`, `compare_protocols` and `compare_with_nothing`
        returned

    Returns
    -------
    DataFrame
        ``table`` (``decomposition``, ``protocols`` or ``cells``), ``method``, ``what`` (a part or
        a behaviour), ``split``; ``cells``, and of them ``diverged``: members of either run did; of
        the others ``above``, ``below`` and ``undecided``: the interval lies above 0, below 0, or
        holds it; ``median`` and ``largest`` (in size) of their differences; ``told`` counts the
        runs that can be told from doing nothing on any split.
    """
    named = cells_.assign(what=cells_["kind"] + ": " + cells_["behaviour"])
    groups = [("decomposition", parts, "part"), ("protocols", protocols, "behaviour")]
    groups.append(("cells", named, "what"))
    rows = []
    for name, table, what in groups:
        for key, group in table.groupby(["method", what, "split"], sort=False):
            whole = group[~diverged(group)]
            above, below = (whole["low"] > 0).sum(), (whole["high"] < 0).sum()
            largest = max(whole["difference"].dropna(), key=abs, default=np.nan)
            rows.append(
                {
                    "table": name,
                    **dict(zip(("method", "what", "split"), key, strict=True)),
                    "cells": len(group),
                    "diverged": len(group) - len(whole),
                    "above": above,
                    "below": below,
                    "undecided": len(whole) - above - below,
                    "median": whole["difference"].median(),
                    "largest": largest,
                    "told": whole["run_told"].sum() if "run_told" in whole else pd.NA,
                }
            )
    return pd.DataFrame(rows).astype({"told": "Int64"})
