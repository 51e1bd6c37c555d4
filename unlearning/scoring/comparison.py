"""A study's scores beside the published ones, cell by cell.

A cell is the P95 KLoM of one method on one split of one forget set. The methods that unlearn are
published with one run of their grid each, the one whose largest P95 of the three splits is
smallest. That is the criterion here too where the study cannot take the published run itself.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unlearning.artifacts.tables import require_columns
from unlearning.scoring.rows import SPLITS
from unlearning.study.conditions import PUBLISHED

COLUMNS = [
    "forget_set",
    "size",
    "method",
    "split",
    "published",
    "published_setting",
    "klom_p95",
    "klom_p95_low",
    "klom_p95_high",
    "floor_p95",
    "n_members",
    "setting",
    "chosen",
    "control_p95",
    "control_setting",
    "difference",
    "verdict",
    "corrected",
]
WITHIN, DIFFERS, ABSENT = "within the interval", "differs", "not in the study"

#: Why a published cell and ours may differ other than by chance; the rules are in `_corrections`.
CORRECTIONS = {
    "KL direction": "published is KL(oracle, unlearned), ours KL(unlearned, oracle)",
    "SCRUB never trained": "the published optimizer held the teacher's weights, so that only the "
    "student's BatchNorm statistics moved, as they do in the control at learning rate 0",
    "BatchNorm drift": "ascent in training mode draws the running statistics onto the forget set "
    "at any learning rate, the control at learning rate 0 shows how much of a score that is",
    "Forget set cut": f"published unlearning took the first {PUBLISHED['forget_limit']} points of "
    "the forget set, its score all of them",
    "Forget batch overwritten": "published files of forget batch 32 and 64 had one name, so that "
    "one of the two was lost and the other is not known",
    "Index order": "published batches came unshuffled, in the order of the indices",
    "Members": "N is not that of the published ensembles, and every score contains a floor that "
    "falls with N",
}
BASELINES = ("pretrained", "oracle_stopped")
PUBLISHED_BATCH = 64
# Half a unit of the last published digit.
ROUNDING = 0.005

_SETTING = ["learning_rate", "epoch", "ascent_epochs"]
_INTERVAL = ["klom_p95", "klom_p95_low", "klom_p95_high", "floor_p95", "n_members"]
_RUN = ["setting", "epoch"]
_SCORES = ["method", *_RUN, "kind", "in_grid", "forget_set", "split", "n_points", *_INTERVAL]
_PUBLISHED = ["dataset", "n_train", "n_members", "forget_set", "size", "method", "split"]


def compare(
    scores: pd.DataFrame,
    published: pd.DataFrame,
    *,
    dataset: str,
    sizes: Mapping[str, int],
    protocol: str,
) -> pd.DataFrame:
    """Put a study's scores beside the published ones.

    Of the methods that unlearn, ours is the run with the published setting if the study has it,
    and otherwise (or where no setting is published, or several runs have it) the run of its grid
    with the smallest largest P95. A method or forget set that the study lacks leaves our columns
    empty.

    Parameters
    ----------
    scores : rows of ``scores.csv``
    published : rows of ``docs/published/cifar10_klom.csv``
    dataset : the study's data set, by the name that its config has for it
    sizes : forget set -> number of points, of the study
    protocol : the study's, ``"corrected"`` or ``"published"``: which corrections it makes

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a published cell, in the published order. ``chosen`` says how our run
        was found, ``control_p95`` is the same cell of the run at learning rate 0 that is nearest
        in epochs, ``difference`` is ours less the published value, ``verdict`` whether our
        interval contains it up to its rounding, and ``corrected`` names and explains what sets
        the two apart, separated by semicolons.

    Raises
    ------
    ValueError
        When a column is missing, or the study has other data or other sizes of a forget set.
    """
    require_columns(scores, _SCORES, "scores")
    require_columns(published, [*_PUBLISHED, "klom_p95", *_SETTING], "published")
    hyperparameters = [name for name in (*_SETTING, "forget_batch_size") if name not in _SCORES]
    scores = scores.reindex(columns=[*_SCORES, *hyperparameters])
    scores["forget_set"] = scores["forget_set"].astype(str)
    published = published.assign(forget_set=published["forget_set"].astype(str))
    _refuse_other_data(scores, published, dataset, sizes)
    rows: list[dict[str, Any]] = []
    for (forget_set, method), cells in published.groupby(["forget_set", "method"], sort=False):
        runs = scores[(scores["forget_set"] == forget_set) & (scores["method"] == method)]
        rows += _cells(cells, runs, protocol)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n_members": "Int64"})


def _refuse_other_data(
    scores: pd.DataFrame, published: pd.DataFrame, dataset: str, sizes: Mapping[str, int]
) -> None:
    theirs = published["dataset"].iloc[0]
    if dataset != theirs:
        raise ValueError(
            f"dataset.name: the published scores are of {theirs}, the study is of {dataset}; "
            f"only a study of {theirs} can be compared"
        )
    for name, size in published.groupby("forget_set")["size"].first().items():
        if sizes.get(str(name), size) != size:
            raise ValueError(
                f"forget_sets.{name}: the published one has {size} points, the study's "
                f"{sizes[str(name)]}; only forget sets of the same size can be compared"
            )
    n_train = published["n_train"].iloc[0]
    points = scores[scores["split"] != "validation"].drop_duplicates(["forget_set", "split"])
    for name, total in points.groupby("forget_set")["n_points"].sum().items():
        if total != n_train:
            raise ValueError(
                f"scores of forget set {name} are of {total} training points, the published ones "
                f"of {n_train}; only a study of all of them can be compared"
            )


def _cells(cells: pd.DataFrame, runs: pd.DataFrame, protocol: str) -> list[dict[str, Any]]:
    first = cells.iloc[0]
    run, chosen = _choose(runs, first)
    control = _control(runs, run)
    ours = run.set_index("split").reindex(SPLITS)
    beside = control.set_index("split").reindex(SPLITS)
    members = run["n_members"].iloc[0] if len(run) else first["n_members"]
    fixed = {
        **first[["forget_set", "size", "method"]],
        "published_setting": _described(first),
        "setting": _described(run.iloc[0]) if len(run) else "",
        "chosen": chosen,
        "control_setting": _described(control.iloc[0]) if len(control) else "",
        "corrected": _corrections(first, members, protocol),
    }
    rows = []
    for cell in cells.to_dict("records"):
        mine = ours.loc[cell["split"]]
        rows.append(
            {
                **fixed,
                "split": cell["split"],
                "published": cell["klom_p95"],
                **mine[_INTERVAL],
                "control_p95": beside.loc[cell["split"], "klom_p95"],
                "difference": mine["klom_p95"] - cell["klom_p95"],
                "verdict": _verdict(cell["klom_p95"], mine),
            }
        )
    return rows


def _choose(runs: pd.DataFrame, published: pd.Series) -> tuple[pd.DataFrame, str]:
    """Return the rows of the run to compare with, and how it was found."""
    method = published["method"]
    candidates = runs[runs["kind"].isin(["grid", "baseline"]) & runs["in_grid"].astype(bool)]
    wanted = published[_SETTING].dropna()
    same = candidates
    for name, value in wanted.items():
        same = same[np.isclose(same[name].astype(float), float(value))]
    if method in BASELINES:
        return same, "baseline" if len(same) else ""
    if candidates.empty:
        return candidates, ""
    if len(wanted) and len(same):
        run, number = _best(same)
        return run, "published setting" + (f", best of {number}" if number > 1 else "")
    run, number = _best(candidates)
    why = "published one is not in the study" if len(wanted) else "no setting is published"
    return run, f"best of {number} ({why})"


def _best(runs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the rows of the run whose largest P95 is smallest, and the number of runs.

    A run without a score on a split diverged there, and is the worst.
    """
    largest = runs.fillna({"klom_p95": np.inf}).groupby(_RUN, as_index=False)["klom_p95"].max()
    return _rows_of(runs, largest.iloc[int(largest["klom_p95"].argmin())]), len(largest)


def _control(runs: pd.DataFrame, run: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the control at learning rate 0 that is nearest to a run in epochs."""
    controls = runs[runs["kind"] == "zero_learning_rate"]
    if controls.empty or run.empty:
        return controls.iloc[:0]
    apart = (controls[["epoch", "ascent_epochs"]] - run.iloc[0][["epoch", "ascent_epochs"]]).abs()
    return _rows_of(controls, controls.iloc[int(apart.sum(axis=1).argmin())])


def _rows_of(runs: pd.DataFrame, one: pd.Series) -> pd.DataFrame:
    return runs[(runs[_RUN] == one[_RUN]).all(axis=1)]


def _described(run: pd.Series) -> str:
    """Return the hyperparameters of a run, published or ours, as a person would say them."""
    given = run.dropna()
    parts = []
    if "learning_rate" in given:
        parts.append(f"lr {given['learning_rate']:g}")
    if given.get("epoch", 0) > 0:
        parts.append(f"{given['epoch']:g} epoch{'s' if given['epoch'] > 1 else ''}")
    if "ascent_epochs" in given:
        parts.append(f"{given['ascent_epochs']:g} with ascent")
    if "forget_batch_size" in given:
        parts.append(f"forget batch {given['forget_batch_size']:g}")
    return ", ".join(parts)


def _verdict(published: float, ours: pd.Series) -> str:
    if pd.isna(ours["klom_p95"]):
        return ABSENT
    low, high = ours["klom_p95_low"] - ROUNDING, ours["klom_p95_high"] + ROUNDING
    return WITHIN if low <= published <= high else DIFFERS


def _corrections(published: pd.Series, members: float, protocol: str) -> str:
    method, size = published["method"], published["size"]
    unlearns, descends = method not in BASELINES, method in ("gda", "scrub")
    corrected = protocol == "corrected"
    applies = {
        "KL direction": True,
        "SCRUB never trained": corrected and method == "scrub",
        "BatchNorm drift": method == "ga",
        "Forget set cut": corrected and unlearns and size > PUBLISHED["forget_limit"],
        "Forget batch overwritten": descends,
        # Ascent on a forget set of one batch has no order.
        "Index order": corrected and (descends or (unlearns and size > PUBLISHED_BATCH)),
        "Members": members != published["n_members"],
    }
    return "; ".join(f"{name}: {CORRECTIONS[name]}" for name, does in applies.items() if does)
