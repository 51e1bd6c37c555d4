"""When scores stop depending on N: bands over subsamples, the floor at each N, a verdict.

App. M has it that KLoM at N = 20 or 50 sets pretrained models far apart from oracles on the retain
and the validation set, and that all is stable after N = 80. A score near the floor is the floor,
which falls with every further member; a score far above it need not move when the floor does. So
three things are told apart: the score, the floor at the same N, and the excess of the one over the
other.

A score is *settled* at N where ensembles that are watched while they grow to all members do not
change it all in one direction: 0 lies in the band, 5 % to 95 % of the subsamples, of what it still
loses. Subsamples of more than half of the members have members in common, which makes bands of
scores too narrow near all members (``overlap`` says by how much); that of a change is not, for the
members that are left out are as good as new ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.answer.outcomes import LITTLE, stretched
from unlearning.answer.subsamples import MEASURES
from unlearning.answer.verdicts import FAILS, IN_PART, STANDS, UNKNOWN
from unlearning.artifacts.tables import require_columns

#: Percentiles of the subsamples between which a band lies.
BAND = (5, 95)
#: Nats by which an excess may change and nobody would call a score unstable.
NEGLIGIBLE = 0.1
#: A run of one forget set.
RUN = ["method", "setting", "kind", "epoch", "forget_set"]
CELL = [*RUN, "split", "measure"]
GAUSSIAN = {"method": "gaussian_floor", "setting": "", "kind": "baseline", "epoch": 0}
#: What has a band: the column, and ``_low`` and ``_high`` of the same name.
BANDED = ("score", "floor", "excess", "remaining", "excess_remaining")
COLUMNS = [
    *CELL,
    "n_members",
    "all_members",
    "n_points",
    "subsamples",
    "overlap",
    *(f"{name}{end}" for name in BANDED[:3] for end in ("", "_low", "_high")),
    "gaussian_floor",
    *(f"{name}{end}" for name in BANDED[3:] for end in ("", "_low", "_high")),
]


def band(values: NDArray[np.float64]) -> tuple[NDArray, NDArray, NDArray]:
    """Return mean, 5th and 95th percentile over the subsamples, the second axis."""
    low, high = np.percentile(values, BAND, axis=1)
    return values.mean(axis=1), low, high


def stability_rows(
    run: Mapping[str, Any],
    scores: NDArray[np.float64],
    floor: NDArray[np.float64],
    gaussian: NDArray[np.float64],
    *,
    sizes: Sequence[int],
    points: Mapping[str, int],
) -> pd.DataFrame:
    """Return what becomes of the scores of one run while N grows.

    Parameters
    ----------
    run : `RUN`
    scores, floor : (sizes, subsamples, splits, measures), of `Subsampler`
    gaussian : (sizes, splits, measures)
    sizes : N, ascending; the last one is all members
    points : split -> number of its points

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a split, measure and N. ``remaining`` is the score less that of the same
        members grown to all, ``excess_remaining`` the same of the excess; both are empty for all.
    """
    excess = scores - floor
    values = {"score": scores, "floor": floor, "excess": excess}
    for name, what in (("remaining", scores), ("excess_remaining", excess)):
        values[name] = what - what[-1:]
        values[name][-1] = np.nan
    banded: dict[str, NDArray[np.float64]] = {}
    for name, what in values.items():
        banded |= dict(zip((name, f"{name}_low", f"{name}_high"), band(what), strict=True))
    banded["gaussian_floor"] = gaussian
    shared = {"all_members": sizes[-1], "subsamples": scores.shape[1]}
    rows = [
        {
            **{key: run[key] for key in RUN},
            **shared,
            "split": split,
            "measure": measure,
            "n_members": size,
            "n_points": points[split],
            "overlap": size / sizes[-1],
            **{name: array[at, part, kind] for name, array in banded.items()},
        }
        for part, split in enumerate(points)
        for kind, measure in enumerate(MEASURES)
        for at, size in enumerate(sizes)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def gaussian_rows(
    forget_set: str,
    gaussian: NDArray[np.float64],
    *,
    sizes: Sequence[int],
    points: Mapping[str, int],
) -> pd.DataFrame:
    """Return the floor that equal Gaussians give as rows of its own, also beyond the study's N.

    Parameters
    ----------
    forget_set : name
    gaussian : (sizes, splits, measures)
    sizes, points : as in `stability_rows`
    """
    rows = [
        {
            **GAUSSIAN,
            "forget_set": forget_set,
            "split": split,
            "measure": measure,
            "n_members": size,
            "n_points": points[split],
            "gaussian_floor": gaussian[at, part, kind],
        }
        for part, split in enumerate(points)
        for kind, measure in enumerate(MEASURES)
        for at, size in enumerate(sizes)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def settled(table: pd.DataFrame) -> pd.DataFrame:
    """Return from which N on each score, and each excess, is settled.

    Parameters
    ----------
    table : rows of `stability_rows`

    Returns
    -------
    DataFrame
        `CELL`, ``score_settled``, ``excess_settled``: the smallest N from which on 0 lies in the
        band of what remains, at it and at every larger one; missing where there is none.
    """
    rows = table[table["n_members"] < table["all_members"]].sort_values("n_members")
    found = []
    for cell, group in rows.groupby(CELL, sort=False):
        ends = {}
        for name, column in (("score", "remaining"), ("excess", "excess_remaining")):
            inside = ((group[f"{column}_low"] <= 0) & (group[f"{column}_high"] >= 0)).to_numpy()
            since = len(inside) - int(np.logical_and.accumulate(inside[::-1]).sum())
            sizes = group["n_members"].to_numpy()
            ends[f"{name}_settled"] = sizes[since] if since < len(sizes) else pd.NA
        found.append({**dict(zip(CELL, cell, strict=True)), **ends})
    columns = [*CELL, "score_settled", "excess_settled"]
    return pd.DataFrame(found, columns=columns).astype(dict.fromkeys(columns[-2:], "Int64"))


def changes(rows: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Return which rows' changes are beyond chance, though there are many of them.

    Parameters
    ----------
    rows : of `stability_rows`, of one N
    name : ``remaining`` or ``excess_remaining``

    Returns
    -------
    ndarray of bool, shape (rows,)
        Whether 0 lies outside of the band, made wider by as much as a normal distribution says for
        all rows together to err in 5 % of cases (Bonferroni). False where nothing is known.
    """
    low, high = _widened(rows, name)
    return (low > 0) | (high < 0)


def stays(rows: pd.DataFrame, name: str, by: float = LITTLE) -> NDArray[np.bool_]:
    """Return which rows' changes are told to be less than ``by`` nats, by the band of `changes`."""
    low, high = _widened(rows, name)
    return (low > -by) & (high < by)


def _widened(rows: pd.DataFrame, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value, low, high = (rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    return stretched(value, low, high, below=BAND[1] / 100, among=max(len(rows), 1))


def member_counts(table: pd.DataFrame) -> list[int]:
    """Return the numbers of members at which pretrained models are scored, ascending.

    Floors are there at half of the members as well, and are not looked at.

    Parameters
    ----------
    table : rows of `stability_rows`
    """
    counts = table.loc[table["method"] == "pretrained", "n_members"]
    return sorted(int(count) for count in set(counts))


def stable_after(table: pd.DataFrame, members: int = 80) -> dict[str, Any]:
    """Return the verdict on "margin distributions are stable for all sets after N = 80" (App. M).

    Of the P95 of the pretrained models on every split of every forget set, from the first N that is
    not below ``members`` to all members. The claim *stands* if no score changes beyond chance
    (`changes`); it stands *in part* if the excess over the floor of every score that does change
    does not, or by less than `NEGLIGIBLE`: what falls there is the floor; otherwise it does not
    stand. Either must be told to stay (`stays`), the excess of what changes and the score of what
    does not, or nothing is told but that the claim does not stand.

    Parameters
    ----------
    table : rows of `stability_rows`, of all forget sets
    members : of the claim

    Returns
    -------
    dict
        ``verdict``; ``n_members``, ``all_members``: from where to where, of a study that has no
        such N from the largest that is not all; ``cells``: forget sets x splits; ``changing``: how
        many scores change; ``floor_alone``: how many of these without their excess; ``untold``: of
        how many it is not told whether they stay; ``score``,
        ``floor``, ``gaussian_floor``, ``excess`` and the same with ``_at_all``: means over the
        changing ones, over all if none changes.

    Raises
    ------
    ValueError
        When a column is missing, or the table has no pretrained models at two N.
    """
    require_columns(table, COLUMNS, "stability")
    rows = table[(table["method"] == "pretrained") & (table["measure"] == "p95")]
    sizes = member_counts(rows)
    if len(sizes) < 2:
        raise ValueError("stability has no scores of pretrained models at two numbers of members.")
    size = next((size for size in sizes[:-1] if size >= members), sizes[-2])
    here, there = (
        rows[rows["n_members"] == number].sort_values(["forget_set", "split"])
        for number in (size, sizes[-1])
    )
    moving = changes(here, "remaining")
    known = here["excess_remaining"].notna().to_numpy()
    alone = moving & known & ~changes(here, "excess_remaining")
    told = np.where(moving, stays(here, "excess_remaining"), stays(here, "remaining"))
    if size < members or (moving & ~known).any():
        verdict = UNKNOWN
    elif (moving & ~alone & ~stays(here, "excess_remaining", NEGLIGIBLE)).any():
        verdict = FAILS
    elif not told.all():
        verdict = UNKNOWN
    else:
        verdict = IN_PART if moving.any() else STANDS
    found = {"verdict": verdict, "n_members": size, "all_members": sizes[-1], "cells": len(here)}
    found |= {"changing": int(moving.sum()), "floor_alone": int(alone.sum())}
    found |= {"untold": int((~told).sum())}
    shown = moving if moving.any() else ~moving
    for name in ("score", "floor", "gaussian_floor", "excess"):
        found |= {name: float(here[name].to_numpy()[shown].mean())}
        found |= {f"{name}_at_all": float(there[name].to_numpy()[shown].mean())}
    return found
