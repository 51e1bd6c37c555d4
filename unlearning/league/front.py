"""All runs by cost and excess, and which of them no other one beats in both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from unlearning.answer.selection import wide
from unlearning.league.excess import Excess, columns, places
from unlearning.study.method_names import OURS

#: Baselines of a forget set: to do nothing, to stop retraining early, to retrain.
BASELINES = ("pretrained", "oracle_stopped", "oracle_floor")
IDENTITY = ["source", "forget_set", "method", "baseline", "told", "setting", "epoch"]
#: Of a run on the front, what another group needs to draw it.
POINT = ["relative_cost", "excess_worst", "excess_worst_low", "excess_worst_high"]


def pareto(cost: ArrayLike, score: ArrayLike) -> NDArray[np.bool_]:
    """Return which points no other one beats: costs no more and scores no more, one of them less.

    Parameters
    ----------
    cost, score : (points,), the lower the better

    Returns
    -------
    ndarray of bool, shape (points,)
        Points that are equal in both are beaten together, or none of them.
    """
    points = np.column_stack([np.asarray(cost, float), np.asarray(score, float)])
    no_more = np.all(points[:, None] >= points[None], axis=-1)
    less = np.any(points[:, None] > points[None], axis=-1)
    beaten: NDArray[np.bool_] = np.any(no_more & less, axis=1)
    return ~beaten


def all_runs(
    excess: Excess, *, forget_sets: Sequence[str], methods: Sequence[str], told: Sequence[str]
) -> pd.DataFrame:
    """Return every run of every grid, and the baselines, with their cost and excess.

    Parameters
    ----------
    excess : of baselines and methods
    forget_sets, methods : names
    told : methods that are told the answer

    Returns
    -------
    DataFrame
        `IDENTITY`, ``relative_cost`` and what `excess.columns` returns; one row a run and set.
    """
    rows: list[dict[str, Any]] = []
    for name in forget_sets:
        for method in (*BASELINES, *methods):
            is_baseline = method in BASELINES
            if is_baseline:
                runs = excess.baseline(method, name).assign(setting=method)
            else:
                runs = wide(excess.table, method, name, np.inf)
            for run, where in zip(runs.to_dict("records"), places(runs), strict=True):
                identity = (OURS, name, method, is_baseline, method in told)
                named = (*identity, run["setting"], int(run["epoch"]))
                rows.append(
                    {
                        **dict(zip(IDENTITY, named, strict=True)),
                        "relative_cost": run["relative_cost"],
                        **columns(excess.of(where)),
                    }
                )
    return pd.DataFrame(rows)


def with_front(runs: pd.DataFrame) -> pd.DataFrame:
    """Say of all runs which are on the front of their forget set.

    Parameters
    ----------
    runs : what `all_runs` returned, and perhaps those of other groups

    Returns
    -------
    DataFrame
        With ``front``, among all runs on the forget set, and ``front_untold``, among those of
        methods that are not told the answer, in cost and in the excess of the worst split.
    """
    found = runs.assign(front=False, front_untold=False).reset_index(drop=True)
    for _, here in found.groupby("forget_set", sort=False):
        for column, rows in (("front", here), ("front_untold", here[~here["told"].astype(bool)])):
            found.loc[rows.index, column] = pareto(rows["relative_cost"], rows["excess_worst"])
    return found


def mark(chosen: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Say of chosen runs whether they are on the front; nothing where a row is a mean of several.

    Parameters
    ----------
    chosen : the table of `chosen.choose`, and perhaps those of other groups
    runs : what `with_front` returned, of the same groups
    """
    key = ["source", "forget_set", "method", "setting", "epoch"]
    there = runs.loc[runs["front"], key].astype({"epoch": int})
    on_front = set(there.itertuples(index=False, name=None))
    found = [
        None if pd.isna(row[-2]) else row in on_front
        for row in chosen[key].itertuples(index=False, name=None)
    ]
    return chosen.assign(front=pd.array(found, dtype="boolean"))
