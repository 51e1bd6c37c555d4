"""The paper's Table 1: the pretrained ensemble against the oracles, by how much is forgotten.

Beside each score stands its floor, and the table is put into words: whether it follows that the
data is degenerate for unlearning, in the sense that doing nothing already equals retraining.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unlearning.artifacts.tables import require_columns
from unlearning.scoring.rows import SPLITS

COLUMNS = [
    "dataset",
    "share",
    "forget_set",
    "label",
    "split",
    "n_forget",
    "n_train",
    "n_members",
    "klom_p95",
    "klom_p95_low",
    "klom_p95_high",
    "floor_p95",
    "above_floor",
    "published",
]
#: P95 KLoM of two ensembles of N standard Gaussian margins: what N alone does to a score.
GAUSSIAN_FLOOR = {20: 5.0, 50: 1.7, 100: 0.7}
#: Forgetting less than this share is expected to leave the other points alone.
SMALL_SHARE = 0.01
NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}

_MEASURES = ["n_members", "klom_p95", "klom_p95_low", "klom_p95_high", "floor_p95"]
# A share of n points is met as nearly as whole points allow.
_TOLERANCE = 0.05


def table1(
    scores: pd.DataFrame, published: pd.DataFrame, labels: Mapping[str, str], *, dataset: str
) -> pd.DataFrame:
    """Put the scores of a study's pretrained ensemble beside the published Table 1.

    Parameters
    ----------
    scores : rows of ``scores.csv``; only those of ``pretrained`` are looked at
    published : rows of ``docs/published/table1.csv``
    labels : forget set -> a person's name of it, of the forget sets to look at
    dataset : the study's data set, by the name that its config has for it

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a (published share, forget set of that share, split), then a column
        ``published_{dataset}`` for each other published data set. ``above_floor`` says whether
        the interval lies above the floor. A share that the study lacks has our columns empty.

    Raises
    ------
    ValueError
        When a column is missing, nothing is published for the data set, or the study forgets
        none of the published shares.
    """
    require_columns(scores, ["method", "forget_set", "split", "n_points", *_MEASURES], "scores")
    require_columns(published, ["dataset", "share", "split", "klom_p95"], "published")
    values = published.pivot(index=["share", "split"], columns="dataset", values="klom_p95")
    if dataset not in values:
        raise ValueError(
            f"dataset.name: Table 1 has no row of {dataset}; "
            f"allowed are {', '.join(map(str, values))}"
        )
    values = values.add_prefix("published_").rename(columns={f"published_{dataset}": "published"})
    ours = _pretrained(scores, labels)
    rows: list[dict[str, Any]] = []
    for share in values.index.unique("share"):
        near = [name for name, own in ours.items() if np.isclose(_share(own), share, _TOLERANCE)]
        rows += [
            {
                "dataset": dataset,
                "share": share,
                "forget_set": name,
                "label": labels.get(name, ""),
                "split": split,
                **(_measured(ours[name], split) if name else {}),
                **values.loc[(share, split)],
            }
            for name in near or [""]
            for split in SPLITS
        ]
    if not any(row["forget_set"] for row in rows):
        found = ", ".join(f"{_percent(_share(own))} ({name})" for name, own in ours.items())
        raise ValueError(
            f"scores: no forget set has a published share ({_shares(values.index.to_frame())}); "
            f"found {found or 'no pretrained ensemble'}"
        )
    others = [column for column in values if column != "published"]
    counts = {"n_forget": "Int64", "n_train": "Int64", "n_members": "Int64"}
    table = pd.DataFrame(rows, columns=[*COLUMNS, *others])
    return table.astype({**counts, "above_floor": "boolean"})


def _pretrained(scores: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Return the pretrained ensemble's rows of each forget set, by split."""
    rows = scores[scores["method"] == "pretrained"]
    rows = rows.assign(forget_set=rows["forget_set"].astype(str))
    return {
        str(name): own.set_index("split")
        for name, own in rows.groupby("forget_set", sort=False)
        if name in labels
    }


def _share(rows: pd.DataFrame) -> float:
    points = rows["n_points"]
    return float(points["forget"] / (points["forget"] + points["retain"]))


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _measured(rows: pd.DataFrame, split: str) -> dict[str, Any]:
    points, row = rows["n_points"], rows.loc[split]
    return {
        "n_forget": points["forget"],
        "n_train": points["forget"] + points["retain"],
        **row[_MEASURES],
        "above_floor": bool(row["klom_p95_low"] > row["floor_p95"]),
    }


def sentence(table: pd.DataFrame) -> str:
    """Say what a table of `table1` implies about the data, and what it does not.

    Parameters
    ----------
    table : as `table1` returns it

    Returns
    -------
    str
        A few sentences, every number of them from the table.
    """
    ours = table[table["klom_p95"].notna()]
    return " ".join([_seen(ours), _degenerate(ours), *_elsewhere(ours), _published(table)])


def _seen(ours: pd.DataFrame) -> str:
    counts = [
        f"on the {split} set in {_of(ours[ours['split'] == split]['above_floor'])}"
        for split in SPLITS
    ]
    return (
        f"With N = {_numbers(ours['n_members'])} the pretrained ensemble can be told from the "
        f"oracles, its interval lying above the floor, {counts[0]} rows, {counts[1]} and "
        f"{counts[2]}."
    )


def _degenerate(ours: pd.DataFrame) -> str:
    forget = ours[ours["split"] == "forget"]
    told, same = (forget[forget["above_floor"] == above] for above in (True, False))
    meaning = (
        "Data would be degenerate for unlearning if on the forget set doing nothing could not be "
        "told from retraining."
    )
    if same.empty:
        return f"{meaning} That is so in no row: it does not follow."
    if told.empty:
        return f"{meaning} That is so in every row: it follows, as far as this N can show."
    return (
        f"{meaning} That is so for {_shares(same)}, where it follows as far as this N can show, "
        f"and not for {_shares(told)}, where it does not follow."
    )


def _elsewhere(ours: pd.DataFrame) -> list[str]:
    small = ours[(ours["share"] < SMALL_SHARE) & (ours["split"] != "forget")]
    if small.empty:
        return []
    points = " or ".join(f"{n:,}" for n in small["n_forget"].unique())
    above = small["above_floor"]
    what = (
        f"Where less than {_percent(SMALL_SHARE)} is forgotten ({points} of "
        f"{small['n_train'].iloc[0]:,} points), the retain and validation scores are"
    )
    if not above.any():
        return [f"{what} at the floor, as is expected where so few points matter to no other."]
    return [
        f"{what} above the floor in {_of(above)} cells: either so few points matter to others, or "
        "the ensembles differ in more than the forgotten points."
    ]


def _published(table: pd.DataFrame) -> str:
    others = table[table["split"] != "forget"]
    ours = others[others["klom_p95"].notna()]
    high = ours["published"] > ours["floor_p95"]
    name = NAMES.get(table["dataset"].iloc[0], table["dataset"].iloc[0])
    floors = ", ".join(f"{value} at N = {n}" for n, value in sorted(GAUSSIAN_FLOOR.items()))
    what = (
        f"The published retain and validation scores of {name}, {others['published'].min():.2f} to "
        f"{others['published'].max():.2f}, are above the floor of our N in {_of(high)} cells. "
        f"Their own N is not stated, and two equal ensembles of Gaussian margins score {floors}."
    )
    if not high.any():
        return f"{what} So they can be chance alone, and say nothing of the data."
    return (
        f"{what} So they can come from fewer members than ours, or from ensembles that differ in "
        "more than the forget set. They are no sign of degenerate data, which would score the "
        "floor of its N, nor can they exclude it while that N is unknown."
    )


def _of(flags: pd.Series) -> str:
    return f"{int(flags.sum())} of {len(flags)}"


def _numbers(values: pd.Series) -> str:
    return " and ".join(map(str, sorted(values.unique())))


def _shares(rows: pd.DataFrame) -> str:
    return ", ".join(_percent(share) for share in rows["share"].unique())
