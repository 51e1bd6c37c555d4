"""How often fewer members put two runs of a grid into the order that all members do."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.answer.selection import AVERAGE
from unlearning.answer.stability import band
from unlearning.answer.subsamples import MEASURES, opposite
from unlearning.scoring.differences import Scored
from unlearning.scoring.klom import CAP
from unlearning.scoring.rows import SPLITS

#: What has a band: the column, and ``_low`` and ``_high`` of the same name.
BANDED = ("agreement", "clear_agreement", "disjoint_agreement", "kendall_tau")
COLUMNS = [
    "forget_set",
    "split",
    "measure",
    "n_members",
    "all_members",
    "subsamples",
    "runs",
    "pairs",
    "clear_pairs",
    *(f"{name}{end}" for name in BANDED for end in ("", "_low", "_high")),
]


def signs(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which run of each pair is scored higher: 1 the first, -1 the second, 0 neither.

    Parameters
    ----------
    scores : (..., runs); one without a score has diverged, and is the worst

    Returns
    -------
    ndarray, shape (..., pairs)
    """
    scores = np.nan_to_num(scores, nan=2 * CAP)
    first, second = np.triu_indices(scores.shape[-1], 1)
    return np.sign(scores[..., first] - scores[..., second])


def agreement(found: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the fraction of pairs in the reference's order; a tie is half of one.

    Parameters
    ----------
    found, reference : (..., pairs) of `signs`; pairs that the reference ties are left out

    Returns
    -------
    ndarray, shape (...)
        NaN where no pair is left.
    """
    told = reference != 0
    agreeing = np.where(told, (1 + found * reference) / 2, 0).sum(axis=-1)
    number = np.broadcast_to(told, found.shape).sum(axis=-1)
    return np.where(number > 0, agreeing / np.maximum(number, 1), np.nan)


def kendall_tau(found: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Kendall's tau-b, (...), of the same arguments as `agreement`."""
    both = np.sqrt((found != 0).sum(axis=-1) * (reference != 0).sum(axis=-1))
    return np.where(both > 0, (found * reference).sum(axis=-1) / np.maximum(both, 1), np.nan)


def ranking_rows(
    forget_set: str,
    scores: NDArray[np.float64],
    scored: Scored,
    places: NDArray[np.int64],
    *,
    sizes: list[int],
) -> pd.DataFrame:
    """Return how well N members order the runs of all methods on a forget set.

    Parameters
    ----------
    forget_set : name
    scores : (runs, sizes, subsamples, splits, measures), of `Subsampler`
    scored : scores of the methods by all members, with their replicates
    places : (runs, splits) numbers of the runs' rows there
    sizes : N, ascending

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a split (or `AVERAGE`), measure and N: the fraction of pairs of runs in
        the order of ``scored``, among all of them and (P95 alone) among those ``clear`` ones whose
        difference has an interval without 0; the fraction in which two ensembles of N that share
        no member agree with each other; Kendall's tau. No row where there are no two runs.
    """
    if len(scores) < 2:
        return pd.DataFrame(columns=COLUMNS)
    pairs = np.array(list(combinations(range(len(scores)), 2)))
    reference = scored.table[["klom_p95", "klom_mean"]].to_numpy(float)[places]
    parts = [*((split, [part]) for part, split in enumerate(SPLITS)), (AVERAGE, [0, 1, 2])]
    rows: list[dict[str, Any]] = []
    for split, columns in parts:
        clear = _clear(scored, places[:, columns], pairs)
        for kind, measure in enumerate(MEASURES):
            order = signs(reference[:, columns, kind].mean(axis=1))
            found = signs(np.moveaxis(scores[..., columns, kind].mean(axis=-1), 0, -1))
            told = order * clear if measure == "p95" else np.zeros_like(order)
            others = np.stack([opposite(each) for each in found])
            disjoint = agreement(found, others)
            disjoint[[2 * size > sizes[-1] for size in sizes]] = np.nan
            values = agreement(found, order), agreement(found, told), disjoint
            bands = [band(each) for each in (*values, kendall_tau(found, order))]
            rows += [
                {
                    "forget_set": forget_set,
                    "split": split,
                    "measure": measure,
                    "n_members": size,
                    "all_members": sizes[-1],
                    "subsamples": scores.shape[2],
                    "runs": len(scores),
                    "pairs": int((order != 0).sum()),
                    "clear_pairs": int((told != 0).sum()),
                    **{
                        f"{name}{end}": value[at]
                        for name, ends in zip(BANDED, bands, strict=True)
                        for end, value in zip(("", "_low", "_high"), ends, strict=True)
                    },
                }
                for at, size in enumerate(sizes)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _clear(
    scored: Scored, places: NDArray[np.int64], pairs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return of which pairs of runs the paired 95 % interval of the difference excludes 0."""
    found = scored.difference(places[pairs[:, 0]], places[pairs[:, 1]])
    return ((found["low"] > 0) | (found["high"] < 0)).to_numpy()
