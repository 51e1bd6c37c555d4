"""The missing targets: learning rate and stopping time chosen without the oracles, and with them.

KLoM needs oracles, which whoever unlearns does not have (Sec. 2, Fig. 2). A *rule* chooses among
the runs of a grid (a setting at an epoch, no controls) by what can be known without: accuracy and
loss on the forget and the validation set, and work. They are means over the members, so that one
model has more noise than is seen here. How far a rule lands from the oracle's choice is its regret.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from unlearning.scoring.rows import SPLITS

#: Equal up to the rounding of a mean.
EQUAL = 1e-9
RUN = ["setting", "epoch"]
#: As a split: the mean over the three, the right half of Fig. 2.
AVERAGE = "average"


def nearest(runs: pd.DataFrame, measure: str) -> pd.Index:
    """Return the runs whose measure on the forget set is nearest to that on the validation set."""
    gap = (runs[f"{measure}_forget"] - runs[f"{measure}_validation"]).abs()
    return runs.index[gap <= gap.min() + EQUAL]


def by_budget(runs: pd.DataFrame) -> pd.Index:
    """Return the longest runs that the budget allows, of the middle learning rate.

    The cost is the largest one that the run has on any forget set, so that the choice is the same
    on all of them. Where nothing is within the budget, the cheapest runs stand in; of an even
    number of learning rates the lower one of the two in the middle is taken.
    """
    cost = runs["largest_cost"]
    within = runs["affordable"]
    wanted = cost[within].max() if within.any() else cost.min()
    found = runs[np.isclose(cost, wanted, rtol=EQUAL)]
    rates = sorted(found["learning_rate"].dropna().unique())
    if not rates:
        return found.index
    return found.index[found["learning_rate"] == rates[(len(rates) - 1) // 2]]


def by_oracle(runs: pd.DataFrame) -> pd.Index:
    """Return the runs with the smallest mean of P95 KLoM on the three splits (Fig. 2, right)."""
    average = runs[[f"klom_p95_{split}" for split in SPLITS]].mean(axis=1)
    return runs.index[average <= average.min() + EQUAL]


#: Rule -> function from a table of runs to the numbers of those that it cannot tell apart: of these
#: one is chosen by `first`, at random any.
RULES: dict[str, Callable[[pd.DataFrame], pd.Index]] = {
    "accuracy": lambda runs: nearest(runs, "accuracy"),
    "loss": lambda runs: nearest(runs, "loss"),
    "budget": by_budget,
    "random": lambda runs: runs.index,
    "oracle": by_oracle,
}


def first(runs: pd.DataFrame, tied: pd.Index) -> pd.Index:
    """Return one of the runs that a rule ties: the cheapest, of these the first of the grid."""
    cost = runs.loc[tied, "relative_cost"]
    return tied[cost <= cost.min() + EQUAL][:1]


def chosen(runs: pd.DataFrame, rule: str) -> tuple[pd.Index, int]:
    """Return the number of the run that a rule chooses, at random of all, and how many it ties."""
    tied = RULES[rule](runs)
    return (tied if rule == "random" else first(runs, tied)), len(tied)


def wide(table: pd.DataFrame, method: str, forget_set: str, budget: float) -> pd.DataFrame:
    """Return the runs of a method on a forget set, one row each, in the order of the grid.

    Parameters
    ----------
    table : rows of scores.csv, numbered from 0
    method, forget_set : names
    budget : largest ``relative_cost`` that is affordable

    Returns
    -------
    DataFrame
        `RUN`, ``learning_rate`` (missing where the method has none), ``relative_cost``,
        ``largest_cost`` (on any forget set), ``affordable``, and of each split, such as
        ``loss_forget``: ``accuracy``, ``loss``, ``klom_p95``, and ``place``, the row's number.
    """
    grid = table[(table["method"] == method) & (table["kind"] == "grid")]
    grid = grid[grid["in_grid"].astype(bool)]
    largest = grid.groupby(RUN)["relative_cost"].max().rename("largest_cost")
    here = grid[grid["forget_set"] == forget_set]
    here = here.assign(place=here.index)
    runs = here.drop_duplicates(RUN).reindex(columns=[*RUN, "learning_rate", "relative_cost"])
    runs = runs.join(largest, on=RUN)
    runs["affordable"] = runs["largest_cost"] <= budget + EQUAL
    for split in SPLITS:
        part = here[here["split"] == split].set_index(RUN)
        part = part[["accuracy", "loss", "klom_p95", "place"]].add_suffix(f"_{split}")
        runs = runs.join(part, on=RUN)
    return runs.reset_index(drop=True)
