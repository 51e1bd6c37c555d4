"""Rules that choose a run: by what, how ties end, and that only one of them knows the oracles."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.grids import GRID, rows
from unlearning.answer.selection import RULES, RUN, chosen, wide
from unlearning.scoring.rows import SPLITS


def picked(rule, grid=GRID, budget=0.25, **more):
    runs = wide(rows(grid, **more), "ga", "1", budget)
    pick, _ = chosen(runs, rule)
    return [tuple(run) for run in runs.loc[pick, RUN].to_numpy()]


def test_each_rule_chooses_by_its_own():
    assert picked("accuracy") == [("lr2", 1)]  # 0.01, as of two that cost more
    assert picked("loss") == [("lr2", 1)]  # 0.05
    assert picked("budget") == [("lr2", 1)]
    assert picked("budget", budget=0.5) == [("lr2", 5)]
    assert picked("oracle") == [("lr2", 1)]
    assert len(picked("random")) == 6


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "oracle"])
def test_no_other_rule_sees_the_scores(rule):
    runs = wide(rows(), "ga", "1", 0.25)
    blind = runs.drop(columns=[column for column in runs if column.startswith("klom")])
    assert list(chosen(blind, rule)[0]) == list(chosen(runs, rule)[0])


def test_the_oracle_takes_the_smallest_average_and_not_the_best_split():
    better = [*GRID, ("lr4", 1, 0.4, 0.1, (0.5, 0.9), (2.0, 0.5), (0.1, 3.0, 3.0))]
    assert picked("oracle", better) == [("lr2", 1)]
    best = [*GRID, ("lr4", 1, 0.4, 0.1, (0.5, 0.9), (2.0, 0.5), (3.0, 0.5, 0.6))]
    assert picked("oracle", best) == [("lr4", 1)]


def test_ties_go_to_the_cheaper_run_then_to_the_first():
    runs = wide(rows(), "ga", "1", 0.25)
    pick, tied = chosen(runs, "accuracy")
    assert tied == 3 and runs.loc[pick[0], "relative_cost"] == 0.1
    same = [(name, 1, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (1.0, 1.0, 1.0)) for name in ("b", "a")]
    assert picked("accuracy", same) == picked("loss", same) == picked("oracle", same) == [("b", 1)]


def test_a_budget_chooses_alike_on_all_forget_sets():
    """Though 0.5 of a retraining on the first costs 0.6 on the second."""
    table = rows(forget_sets=("1", "2"), dearer=1.2)
    for budget, epoch in ((0.55, 1), (0.6, 5)):
        found = [
            tuple(runs.loc[chosen(runs, "budget")[0][0], RUN])
            for runs in (wide(table, "ga", name, budget) for name in ("1", "2"))
        ]
        assert found == [("lr2", epoch)] * 2


def test_what_is_cheap_here_and_dear_elsewhere_is_dear():
    """Of two runs of one cost on this forget set, that which costs more on another is longer."""
    table = rows(GRID[:2], forget_sets=("1", "2"))
    here = table["forget_set"] == "1"
    table.loc[here, "relative_cost"] = 0.1
    runs = wide(table, "ga", "1", 0.5)
    assert runs["largest_cost"].tolist() == [0.1, 0.5]
    assert runs.loc[chosen(runs, "budget")[0], "epoch"].tolist() == [5]


def test_without_a_run_in_the_budget_the_cheapest_stands_in():
    assert picked("budget", budget=0.01) == [("lr2", 1)]
    assert picked("budget", GRID[:4], budget=0.01) == [("lr1", 1)]  # the lower of the middle two
    bare = [(*run[:2], np.nan, *run[3:]) for run in GRID]
    assert picked("budget", bare, budget=0.01) == [("lr1", 1)]


def test_controls_and_extra_epochs_are_no_candidates():
    control = rows([("lr0", 1, 0.0, 0.1, (0.9, 0.9), (0.1, 0.1), (0.0, 0.0, 0.0))])
    extra = rows([("lr1", 2, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (0.0, 0.0, 0.0))])
    table = pd.concat(
        [rows(), control.assign(kind="zero_learning_rate"), extra.assign(in_grid=False)],
        ignore_index=True,
    )
    runs = wide(table, "ga", "1", 0.25)
    assert len(runs) == 6 and ("lr0" not in set(runs["setting"])) and (2 not in set(runs["epoch"]))
    for split in SPLITS:
        at = table.loc[runs[f"place_{split}"]]
        assert (at["split"] == split).all()
        assert (at["klom_p95"].to_numpy() == runs[f"klom_p95_{split}"]).all()
