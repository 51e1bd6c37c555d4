"""The run of each method within a budget, by the rules of `selection`, and what has none."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.leagues import GOOD, POOR, scored
from unlearning.league.chosen import RULES, choose
from unlearning.league.equal_cost import BETTER, WORSE
from unlearning.league.excess import measure
from unlearning.league.ranks import standings
from unlearning.study.league import BEST
from unlearning.study.method_names import OURS

BUDGETS = [0.2, 0.5]


@pytest.fixture(scope="module")
def chosen():
    excess = measure(scored({"good": GOOD, "poor": POOR}))
    return choose(
        excess, forget_sets=["1", "2"], methods=["good", "poor"], told=["poor"], budgets=BUDGETS
    )


def row(chosen, method, rule, budget, forget_set="1"):
    keys = ["method", "rule", "budget", "forget_set"]
    return chosen.table.set_index(keys).loc[(method, rule, budget, forget_set)]


def test_a_budget_decides_what_there_is_to_choose_from(chosen):
    assert row(chosen, "good", "oracle", 0.2)[["epoch", "runs"]].tolist() == [1, 1]
    assert row(chosen, "good", "oracle", 0.5)[["epoch", "runs"]].tolist() == [4, 2]
    assert row(chosen, "poor", "oracle", 0.5)["runs"] == 1
    cheap = chosen.table[chosen.table["budget"] == 0.2]
    assert set(cheap["method"]) == {"pretrained", "good"}


def test_rules_choose_with_the_oracles_and_without(chosen):
    assert row(chosen, "good", "oracle", 0.5)["epoch"] == 4
    assert row(chosen, "good", "loss", 0.5)["epoch"] == 1
    assert row(chosen, "good", "accuracy", 0.5)["epoch"] == 1
    assert row(chosen, "good", "budget", 0.5)["epoch"] == 4
    at_random = row(chosen, "good", "random", 0.5)
    assert np.isnan(at_random["learning_rate"]) and at_random["tied"] == 2
    assert at_random["relative_cost"] == pytest.approx(0.25)
    assert at_random["excess_worst"] == pytest.approx(0.75)


def test_the_oracles_choose_by_the_mean_of_the_scores_or_by_the_worst_split():
    grid = [
        ("mean", 1, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (3.7, 0.6, 0.7)),
        ("even", 1, 0.1, 0.2, (0.9, 0.9), (0.1, 0.1), (2.7, 2.7, 2.7)),  # 2.1 above on retain
        ("dear", 1, 0.1, 0.3, (0.9, 0.9), (0.1, 0.1), (2.6, 2.7, 2.7)),  # the worst the same
    ]
    found = choose(
        measure(scored({"m": grid})), forget_sets=["1"], methods=["m"], told=[], budgets=[0.5]
    )
    assert row(found, "m", "oracle", 0.5)["setting"] == "mean"
    best = row(found, "m", BEST, 0.5)
    assert (best["setting"], best["tied"]) == ("even", 2)
    assert best["excess_worst"] == pytest.approx(2.1)


def test_every_entry_has_a_row_a_rule_and_its_replicates(chosen):
    table = chosen.table
    counts = table.groupby(["method", "budget", "forget_set"]).size()
    assert (counts == len(RULES)).all()
    assert chosen.moved.shape == (len(table), 4, 50)
    assert (table["source"] == OURS).all()
    assert table.groupby("method")["told"].all().to_dict() == {
        "good": False, "oracle_stopped": False, "poor": True, "pretrained": False,
    }  # fmt: skip


def test_retraining_competes_with_the_dearest_that_the_budget_allows(chosen):
    assert row(chosen, "oracle_stopped", "oracle", 0.5)["relative_cost"] == 0.5
    assert row(chosen, "oracle_stopped", "oracle", 0.5)["excess_worst"] == pytest.approx(3.0)


def test_methods_are_held_against_equal_cost_and_baselines_are_not(chosen):
    assert row(chosen, "good", "oracle", 0.5)["equal_cost"] == BETTER
    assert row(chosen, "poor", "oracle", 0.5)["equal_cost"] == WORSE
    baselines = chosen.table[chosen.table["baseline"]]
    assert baselines["equal_cost"].isna().all()


def test_what_is_cheap_here_and_dear_on_another_set_is_within_no_small_budget():
    scores = scored({"good": GOOD})
    dear = (scores.table["forget_set"] == "2") & (scores.table["method"] == "good")
    scores.table.loc[dear, "relative_cost"] *= 3
    found = choose(
        measure(scores), forget_sets=["1", "2"], methods=["good"], told=[], budgets=[0.2]
    )
    assert set(found.table["method"]) == {"pretrained"}
    assert found.table["equal_cost"].isna().all()


def test_runs_that_have_diverged_are_counted_and_so_are_their_forget_sets():
    found = scored({"good": GOOD, "poor": POOR})
    mine = (found.table["method"] == "good") & (found.table["epoch"] == 4)
    mine &= (found.table["forget_set"] == "2") & (found.table["split"] == "retain")
    lost = replace(found, table=found.table.assign(n_nonfinite=mine.astype(int)))
    names = {"forget_sets": ["1", "2"], "methods": ["good", "poor"], "told": []}
    chosen = choose(measure(lost), budgets=BUDGETS, **names)
    assert row(chosen, "good", "oracle", 0.5, "2")["diverged"] == 1
    assert row(chosen, "good", "random", 0.5, "2")["diverged"] == 1  # of two
    assert row(chosen, "good", "loss", 0.5, "2")["diverged"] == 0
    assert row(chosen, "good", "oracle", 0.5, "1")["diverged"] == 0
    table = standings(chosen, forget_sets=["1", "2"], chains=["1", "2"], seed=0)
    table = table.set_index(["budget", "rule", "method"])["diverged"]
    assert table[0.5, "oracle", "good"] == 1 and table[0.5, "loss", "good"] == 0


def test_what_methods_are_given_is_counted_beside_their_cost():
    found = scored({"good": GOOD, "poor": POOR})
    given = found.table["method"].map({"poor": 520.0})  # no column of baselines, nor of good
    chosen = choose(
        measure(replace(found, table=found.table.assign(given_cost=given))),
        forget_sets=["1", "2"], methods=["good", "poor"], told=[], budgets=[0.5],
    )  # fmt: skip
    assert row(chosen, "poor", BEST, 0.5)["given_cost"] == 520
    assert row(chosen, "good", "random", 0.5)["given_cost"] == 0
    table = standings(chosen, forget_sets=["1", "2"], chains=["1", "2"], seed=0)
    assert table.set_index(["rule", "method"])["given_cost"][BEST, "poor"] == 520


def test_the_luckiest_of_many_has_a_wider_interval_than_a_run_chosen_blindly(chosen):
    lucky, blind = (row(chosen, "good", rule, 0.5) for rule in (BEST, "budget"))
    assert lucky["epoch"] == blind["epoch"] == 4 and lucky["ahead"] == blind["ahead"]
    ratio = (lucky["ahead_high"] - lucky["ahead"]) / (blind["ahead_high"] - blind["ahead"])
    assert ratio == pytest.approx(2.2414 / 1.96, rel=1e-3)  # two runs: 98.75 % below the upper end
