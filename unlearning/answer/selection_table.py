"""How far each way of choosing a run lands from the oracle's choice, on every set and method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.answer.selection import AVERAGE, RULES, RUN, chosen, wide
from unlearning.scoring.differences import Scored
from unlearning.scoring.klom import CAP
from unlearning.scoring.rows import SPLITS

#: Not a rule: to leave the pretrained models as they are.
NOTHING = "nothing"
Places = dict[str, NDArray[np.int_]]
COLUMNS = [
    "forget_set",
    "method",
    "rule",
    "split",
    *RUN,
    "learning_rate",
    "relative_cost",
    "runs",
    "tied",
    "gap",
    "n_members",
    "klom_p95",
    "floor_p95",
    *(f"{name}{end}" for name in ("excess", "regret", "moved") for end in ("", "_low", "_high")),
    "spread_low",
    "spread_high",
]


def select(
    scored: Scored, *, forget_sets: Sequence[str], methods: Sequence[str], budget: float
) -> pd.DataFrame:
    """Let every rule choose a run of every method on every forget set.

    Parameters
    ----------
    scored : scores of baselines and methods with their replicates; a split without a score counts
        as the cap: a run diverged there
    forget_sets, methods : names
    budget : of one retraining

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a forget set, method, rule (`NOTHING` besides) and split (`AVERAGE`, the
        mean of the three, besides). ``gap`` is what the rule made small, ``tied`` how many runs it
        could not tell apart. ``regret`` is the P95 less that of the oracle's choice, ``excess``
        less the floor, ``moved`` less that of the pretrained models, with paired 95 % intervals of
        what is chosen: that the oracle's choice is the best of many by the same scores is not in
        them. At random, P95 and differences are means over all runs, ``spread_low`` to
        ``spread_high`` the 5 % to 95 % of the runs' regrets.
    """
    scored = complete(scored)
    table = scored.table
    keys = ["method", "forget_set", "split"]
    baseline = {
        key: place
        for place, key in enumerate(table[keys].itertuples(index=False, name=None))
        if key[0] in ("pretrained", "oracle_floor")
    }
    rows: list[dict[str, Any]] = []
    for name in forget_sets:
        for method in methods:
            runs = wide(table, method, name, budget)
            picks = {rule: chosen(runs, rule) for rule in RULES}
            places = {rule: _places(runs.loc[pick]) for rule, (pick, _) in picks.items()}
            pretrained, floor = (
                {split: np.array([baseline[(of, name, split)]]) for split in SPLITS}
                for of in ("pretrained", "oracle_floor")
            )
            places[NOTHING] = pretrained
            for rule, found in places.items():
                described = _described(runs, rule, *picks.get(rule, (pd.Index([]), 0)))
                against = {"excess": floor, "regret": places["oracle"], "moved": pretrained}
                for split in (*SPLITS, AVERAGE):
                    rows.append(
                        {
                            "forget_set": name,
                            "method": method,
                            "rule": rule,
                            "split": split,
                            **described,
                            **_measured(scored, found, against, split),
                            "floor_p95": _mean(table, floor, split),
                        }
                    )
    return pd.DataFrame(rows, columns=COLUMNS)


def complete(scored: Scored) -> Scored:
    """Return the scores with the cap, and no replicates, where a variant of KLoM has none."""
    missing = scored.table["klom_p95"].isna()
    deviations = np.where(missing.to_numpy()[:, None], 0, scored.deviations).astype(np.float32)
    table = scored.table.assign(klom_p95=scored.table["klom_p95"].fillna(CAP))
    return Scored(table.reset_index(drop=True), deviations)


def _places(runs: pd.DataFrame) -> Places:
    return {split: runs[f"place_{split}"].to_numpy(int) for split in SPLITS}


def _joined(places: Places, split: str) -> NDArray[np.int_]:
    """Return the rows of a split, of the average those of all."""
    return np.concatenate(list(places.values())) if split == AVERAGE else places[split]


def _mean(table: pd.DataFrame, places: Places, split: str) -> float:
    return float(table["klom_p95"].to_numpy(float)[_joined(places, split)].mean())


def _described(runs: pd.DataFrame, rule: str, pick: pd.Index, tied: int) -> dict[str, Any]:
    """Return which run it is, and what the rule went by."""
    found: dict[str, Any] = {"runs": len(runs), "tied": tied}
    if len(pick) == 1:
        run = runs.loc[pick[0]]
        found |= dict(run[[*RUN, "learning_rate", "relative_cost"]])
        if rule in ("accuracy", "loss"):
            found["gap"] = abs(run[f"{rule}_forget"] - run[f"{rule}_validation"])
    return found


def _measured(
    scored: Scored,
    found: Places,
    against: dict[str, Places],
    split: str,
) -> dict[str, Any]:
    """Return the score of what is chosen, and its differences with their intervals."""
    rows = _joined(found, split)
    values = {
        "klom_p95": _mean(scored.table, found, split),
        "n_members": scored.table["n_members"].to_numpy()[rows[0]],
    }
    for name, others in against.items():
        difference = scored.difference(rows[None], _joined(others, split)[None]).iloc[0]
        values |= dict(zip((name, f"{name}_low", f"{name}_high"), difference, strict=True))
    if len(found[SPLITS[0]]) > 1:
        scores = scored.table["klom_p95"].to_numpy(float)[rows].reshape(-1, len(found[SPLITS[0]]))
        regrets = scores.mean(axis=0) - _mean(scored.table, against["regret"], split)
        low, high = np.percentile(regrets, [5, 95])
        values |= {"spread_low": low, "spread_high": high}
    return values
