"""Damage: what unlearning does to points that are not to be forgotten.

By how much it raises P95 KLoM on the retain and on the validation set, against a reference. Either
that is other pretrained members: how far unlearning moves such points, whichever way. Or it is the
oracles of the forget set: how much farther from retraining they are than before. The two differ,
because retraining moves points as well, for want of the forgotten ones and by fewer steps. Either
way the same members, before anything is unlearned, are scored against the same reference, and taken
off with the noise that both share.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.artifacts.tables import load_table
from unlearning.scoring.differences import Scored
from unlearning.scoring.scores import Scoring, score

#: Where nothing is to be forgotten.
SPLITS = ("retain", "validation")


class Margins(NamedTuple):
    """An ensemble at one moment.

    Attributes
    ----------
    margins : (members, points) of float32
    correct : (members, points) of bool, whether the class is predicted
    """

    margins: NDArray[np.float32]
    correct: NDArray[np.bool_]


def damage_table(
    before: Margins,
    after: Margins,
    references: dict[str, NDArray[np.float32]],
    splits: dict[str, NDArray[np.int64]],
    scoring: Scoring,
    forget_set: str,
) -> pd.DataFrame:
    """Measure what unlearning one forget set did to each split.

    Parameters
    ----------
    before, after : the same members, pretrained and unlearned
    references : name -> (members, points) margins that both are held against
    splits : name -> indices of points; on ``forget`` KLoM may well fall
    scoring : how to score
    forget_set : name

    Returns
    -------
    DataFrame
        A row a (reference, split): ``forget_set``, ``against``, ``split``, ``n_members``,
        ``n_points``, ``n_reference``; ``klom_before``, ``klom_after`` (P95); ``damage``, after less
        before, in nats, with ``damage_low`` and ``damage_high`` (95 %, over members, paired);
        ``accuracy_before``, ``accuracy_after``, ``loss_before``, ``loss_after``; ``n_nonfinite``,
        margins that are not finite, after.
    """
    tables = [
        _damages(before, after, margins, splits, scoring).assign(against=against)
        for against, margins in references.items()
    ]
    table = pd.concat(tables, ignore_index=True).assign(forget_set=forget_set)
    front = ["forget_set", "against", "split"]
    return table[[*front, *table.columns.drop(front)]]


def _damages(
    before: Margins,
    after: Margins,
    reference: NDArray[np.float32],
    splits: dict[str, NDArray[np.int64]],
    scoring: Scoring,
) -> pd.DataFrame:
    scored = [score(*ensemble, reference, splits, scoring) for ensemble in (before, after)]
    rows = pd.DataFrame([row for part in scored for row in part[0]])
    both = Scored(rows, np.concatenate([part[2] for part in scored]).astype(np.float32))
    count = len(splits)
    moved = both.difference(count + np.arange(count), np.arange(count))
    old, new = rows.iloc[:count], rows.iloc[count:].reset_index(drop=True)
    return old[["split", "n_members", "n_points"]].assign(
        n_reference=len(reference),
        klom_before=old["klom_p95"],
        klom_after=new["klom_p95"],
        damage=moved["difference"],
        damage_low=moved["low"],
        damage_high=moved["high"],
        accuracy_before=old["accuracy"],
        accuracy_after=new["accuracy"],
        loss_before=old["loss"],
        loss_after=new["loss"],
        n_nonfinite=new["n_nonfinite"],
    )


def read_damage(path: str) -> pd.DataFrame:
    """Read what `damage_table` returned."""
    return load_table(path, ["forget_set", "split", "damage", "damage_low", "damage_high"])
