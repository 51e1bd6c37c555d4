"""Lemma 1 measured: accuracy on a random forget set against accuracy on the validation set.

The lemma bounds a probability over the draw of the forget set F, for a model that does not depend
on F. Of the ensembles here only the oracles are such models: the pretrained one was trained on F,
and so was what unlearning started from. A study draws each forget set once, and all members of an
ensemble share it: their spread is that of training, and says nothing of other draws of F. What the
bound does promise of an ensemble of oracles is that in the mean over draws at most the fraction
`PROBABILITY` of its members is beyond the allowed gap.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.tables import ordered, read_tables
from unlearning.theory.random_sets import smallest_difference

#: With which an oracle's gap may be as large as the allowed one, or larger.
PROBABILITY = 0.05

#: Columns of the table, in order; hyperparameters stand between the two groups.
IDENTITY = ["method", "setting", "kind", "epoch", "in_grid", "forget_set"]
MEASURES = [
    "n_forget",
    "n_validation",
    "n_members",
    "accuracy_forget",
    "accuracy_validation",
    "gap_signed",
    "gap_mean",
    "gap_p5",
    "gap_median",
    "gap_p95",
    "allowed_gap",
    "allowed_gap_printed",
    "fraction_beyond",
]

Indices = NDArray[np.int64]
Correct = NDArray[np.bool_]


def accuracy_gaps(correct: Correct, forget: Indices, validation: Indices) -> NDArray[np.float64]:
    """Return each member's accuracy on the validation set less that on the forget set.

    Parameters
    ----------
    correct : (members, points) whether a member predicts a point's class
    forget, validation : indices of points

    Returns
    -------
    array
        (members,) within [-1, 1]. A member that has diverged counts as wrong everywhere: its gap
        is 0.

    Raises
    ------
    ValueError
        When ``correct`` is no boolean table or has no member, when a set is empty or reaches
        beyond the points, or when the two sets share a point.
    """
    if correct.ndim != 2 or correct.dtype != np.bool_ or not len(correct):
        raise ValueError(
            "correct must be a boolean array (members, points) of at least one member, got "
            f"{correct.dtype} of shape {correct.shape}"
        )
    for name, indices in (("forget", forget), ("validation", validation)):
        if not len(indices):
            raise ValueError(f"{name} must hold at least one point")
        if min(indices) < 0 or max(indices) >= correct.shape[1]:
            raise ValueError(
                f"{name} must hold indices from 0 to {correct.shape[1] - 1}, got "
                f"{min(indices)} to {max(indices)}"
            )
    shared = np.intersect1d(forget, validation)
    if len(shared):
        raise ValueError(f"forget and validation must share no point, both hold {shared[0]}")
    on_validation, on_forget = (correct[:, part].mean(1) for part in (validation, forget))
    return np.asarray(on_validation - on_forget, dtype=np.float64)


def measure(correct: Correct, forget: Indices, validation: Indices) -> dict[str, Any]:
    """Compare the two accuracies of one ensemble with what Lemma 1 allows an oracle.

    Parameters
    ----------
    correct, forget, validation : as in `accuracy_gaps`

    Returns
    -------
    dict
        `MEASURES`. ``gap_mean``, ``gap_p5``, ``gap_median`` and ``gap_p95`` are of the absolute
        gap over the members, ``gap_signed`` is the mean of validation less forget. ``allowed_gap``
        is where the two-sample bound falls to `PROBABILITY`; ``allowed_gap_printed`` where the
        bound as printed does, which takes the validation accuracy for that of the population.
        ``fraction_beyond`` counts the members at ``allowed_gap`` or further.
    """
    signed = accuracy_gaps(correct, forget, validation)
    gaps = np.abs(signed)
    n, m = len(forget), len(validation)
    allowed = float(smallest_difference(PROBABILITY, n, m))
    low, median, high = np.percentile(gaps, (5, 50, 95))
    return {
        "n_forget": n,
        "n_validation": m,
        "n_members": len(correct),
        "accuracy_forget": correct[:, forget].mean(),
        "accuracy_validation": correct[:, validation].mean(),
        "gap_signed": signed.mean(),
        "gap_mean": gaps.mean(),
        "gap_p5": low,
        "gap_median": median,
        "gap_p95": high,
        "allowed_gap": allowed,
        "allowed_gap_printed": np.sqrt(np.log(2 / PROBABILITY) / (2 * n)),
        "fraction_beyond": (gaps >= allowed).mean(),
    }


def gap_table(
    ensembles: Iterable[tuple[dict[str, Any], Correct]],
    forget_set: str,
    forget: Indices,
    validation: Indices,
) -> pd.DataFrame:
    """Measure every ensemble on one forget set.

    Parameters
    ----------
    ensembles : for each its columns (`IDENTITY` without the forget set, and hyperparameters) and
        its (members, points) predictions
    forget_set : name
    forget, validation : indices of points

    Returns
    -------
    DataFrame
        One row an ensemble: `IDENTITY`, hyperparameters, `MEASURES`.
    """
    rows = [
        {**columns, "forget_set": forget_set, **measure(correct, forget, validation)}
        for columns, correct in ensembles
    ]
    return ordered(pd.DataFrame(rows), IDENTITY, MEASURES)


def baseline(method: str, epoch: int) -> dict[str, Any]:
    """Return the columns of an ensemble that nothing was unlearned from."""
    return {
        "method": method,
        "setting": method,
        "kind": "baseline",
        "epoch": epoch,
        "in_grid": True,
    }


def read_gaps(paths: Sequence[str]) -> pd.DataFrame:
    """Read and join the tables of several forget sets; names stay text.

    Raises
    ------
    ValueError
        When a table lacks a column.
    """
    return ordered(read_tables(paths, [*IDENTITY, *MEASURES]), IDENTITY, MEASURES)
