"""What a figure comes to in one sentence, its numbers from the tables behind it."""

from typing import Any

import pandas as pd

from unlearning.answer.outcomes import LITTLE
from unlearning.answer.selection import AVERAGE, RULES
from unlearning.answer.selection_table import NOTHING
from unlearning.answer.stability import member_counts, stable_after

ORACLE_FREE = [rule for rule in RULES if rule != "oracle"]
WORDS = {
    "accuracy": "where its accuracy on the forget set is nearest to that on the validation set",
    "loss": "where its loss is",
    "budget": "with a fixed budget",
    "random": "at random",
    NOTHING: "where nothing is done",
}


def stability_finding(scores: pd.DataFrame, ranking: pd.DataFrame) -> str:
    """Return what the number of members comes to.

    Parameters
    ----------
    scores, ranking : rows of `stability.stability_rows` and of `ranking.ranking_rows`
    """
    if len(member_counts(scores)) < 2:
        return "One number of members says nothing of how scores depend on it."
    found = stable_after(scores)
    size, everyone = found["n_members"], found["all_members"]
    which = "these" if found["changing"] else "all of them"
    text = (
        f"From {size} to {everyone} members {found['changing']} of {found['cells']} P95 KLoM of "
        f"pretrained models (forget sets x splits) change beyond chance; {which} go from "
        f"{_pair(found, 'score')} in the mean, two equal Gaussians from "
        f"{_pair(found, 'gaussian_floor')}"
    )
    if pd.notna(found["floor_at_all"]):
        text += f" and the measured noise floor from {_pair(found, 'floor')}"
        if found["changing"]:
            text += f", over which {found['floor_alone']} of the {found['changing']} stay as high"
    if found["untold"]:
        text += f", {found['untold']} of {found['cells']} not told to stay within {LITTLE:g} nat"
    text += f": “stable after N = 80” {found['verdict']}"
    order = ranking[(ranking["split"] == AVERAGE) & (ranking["measure"] == "p95")]
    order = order[order["n_members"] == size]
    if len(order):
        text += f"; {size} members put {_percent(order['agreement'])} of the pairs of runs into the"
        text += " order that all do"
    if order["clear_agreement"].notna().any():
        text += f", and {_percent(order['clear_agreement'])} of those that all members tell apart"
    return f"{text}."


def _pair(found: dict[str, Any], name: str) -> str:
    return f"{found[name]:.2f} to {found[f'{name}_at_all']:.2f}"


def _percent(shares: pd.Series) -> str:
    return f"{100 * shares.mean():.0f} %"


def selection_finding(table: pd.DataFrame) -> str:
    """Return what choosing without the oracles comes to.

    Parameters
    ----------
    table : rows of `selection_table.select`
    """
    rows = table[table["split"] == AVERAGE]
    cells = len(rows.drop_duplicates(["forget_set", "method"]))
    parts = []
    for rule in (*ORACLE_FREE, NOTHING):
        regret = rows[rows["rule"] == rule]
        beyond = int((regret["regret_low"] > 0).sum())
        parts.append(f"by {regret['regret'].median():.2f} nats {WORDS[rule]} ({beyond} of {cells})")
    return (
        "A run that is chosen without the oracles lands above the oracles' choice, in the average "
        f"P95 KLoM of the three splits, {', '.join(parts[:-1])}, and {parts[-1]}; medians over "
        "forget sets and methods, in brackets how many have an interval above 0."
    )
