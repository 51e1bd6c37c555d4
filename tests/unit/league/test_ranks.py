"""Mean ranks in closed form, and intervals over members, over forget sets and over both."""

import numpy as np
import pytest

from tests.helpers.leagues import GOOD, POOR, scored
from unlearning.league.chosen import choose
from unlearning.league.excess import measure
from unlearning.league.ranks import chained, mean_ranks, standings

ENDS = ("", "_members", "_sets")


def ranked(scores, spread=0.0, chains=None, replicates=400, seed=0):
    scores = np.asarray(scores, float)
    moved = np.random.default_rng(seed).standard_normal((*scores.shape, replicates))
    chains = chains or [str(number) for number in range(len(scores))]
    return mean_ranks(scores, spread * moved, chains, repeats=2000, seed=0)


def ends(found, ending, entry):
    return [float(found[f"rank{ending}_{end}"][entry]) for end in ("low", "high")]


def test_what_is_better_everywhere_has_rank_1_without_doubt():
    found = ranked([[1, 5, 6], [2, 9, 7], [0, 4, 4.5]], spread=0.05)
    assert found["rank"].tolist() == pytest.approx([1, 7 / 3, 8 / 3])
    for ending in ENDS:
        assert ends(found, ending, 0) == [1, 1]


def test_ranks_of_a_set_share_what_ties():
    found = ranked([[2, 2, 1], [3, 3, 3]])
    assert found["rank"].tolist() == [2.25, 2.25, 1.5]


def test_without_noise_members_leave_no_doubt_and_forget_sets_do():
    found = ranked([[1, 2], [2, 1], [1, 2], [1, 2]])
    assert found["rank"].tolist() == [1.25, 1.75]
    assert ends(found, "_members", 0) == [1.25, 1.25]
    assert ends(found, "_sets", 0) == [1.0, 1.75]  # of four sets, seldom all of the other kind
    assert ends(found, "", 0) == ends(found, "_sets", 0)


def test_alike_on_all_sets_forget_sets_leave_no_doubt_and_members_do():
    found = ranked([[1.0, 1.1]] * 2, spread=1.0)
    assert ends(found, "_sets", 0) == [1, 1]
    assert ends(found, "_members", 0) == [1, 2]


def test_members_that_move_all_entries_alike_change_no_rank():
    scores = np.array([[1.0, 1.1], [2.0, 2.1]])
    common = np.random.default_rng(0).standard_normal((2, 1, 300))
    found = mean_ranks(scores, np.repeat(common, 2, axis=1), ["1", "2"], repeats=500, seed=0)
    assert ends(found, "", 0) == [1, 1] and ends(found, "", 1) == [2, 2]


def test_sets_that_share_points_are_drawn_together():
    scores = [[1, 2], [1, 2], [1, 2], [2, 1]]
    apart = ranked(scores)
    together = ranked(scores, chains=["a", "a", "a", "b"])
    assert apart["rank"].tolist() == together["rank"].tolist()
    assert ends(together, "_sets", 0) == [1.0, 2.0]  # a quarter of the draws is b alone
    assert ends(apart, "_sets", 0) == [1.0, 1.75]


def test_the_interval_holds_the_mean_rank_and_repeats():
    scores = np.random.default_rng(3).random((5, 6))
    one, two = (ranked(scores, spread=2.0) for _ in range(2))
    for ending in ENDS:
        for entry in range(6):
            low, high = ends(one, ending, entry)
            assert 1 <= low <= one["rank"][entry] <= high <= 6
            assert [low, high] == ends(two, ending, entry)
    assert one["rank"].sum() == pytest.approx(21)


@pytest.fixture(scope="module")
def table():
    excess = measure(scored({"good": GOOD, "poor": POOR}))
    chosen = choose(
        excess, forget_sets=["1", "2"], methods=["good", "poor"], told=["poor"], budgets=[0.2, 0.5]
    )
    return standings(chosen, forget_sets=["1", "2"], chains=["1", "2"], seed=0)


def test_standings_rank_methods_beside_doing_nothing_and_retraining(table):
    within = table[(table["budget"] == 0.5) & (table["rule"] == "oracle")]
    assert within["method"].tolist() == ["good", "oracle_stopped", "pretrained", "poor"]
    assert within["rank"].tolist() == [1, 2, 3, 4]
    assert within["rank_low"].tolist() == within["rank_high"].tolist() == [1, 2, 3, 4]
    assert within["excess_worst"].tolist() == pytest.approx([0.5, 3.0, 8.0, 9.0])
    assert within["told"].tolist() == [False, False, False, True]


def test_what_no_budget_allows_is_not_ranked(table):
    within = table[(table["budget"] == 0.2) & (table["rule"] == "oracle")]
    assert within["method"].tolist() == ["good", "pretrained"]
    assert (within["entries"] == 2).all()


def test_verdicts_are_counted_over_forget_sets(table):
    row = table[(table["budget"] == 0.5) & (table["rule"] == "oracle")].set_index("method")
    assert row.loc["good", "better"] == 2 and row.loc["good", "worse"] == 0
    assert row.loc["poor", "worse"] == 2


def test_sets_within_each_other_or_of_one_component_are_drawn_together():
    points = [np.array(each) for each in ([1, 2], [9, 1, 2], [5, 6], [9, 5], [7, 2])]
    named = ["set a", "set b", "component 1", "component 1", "set e"]
    assert chained(points, named) == ["set a", "set a", "component 1", "component 1", "set e"]
    joined = chained([*points, np.array([1, 2, 9, 5, 6])], [*named, "all"])
    assert len({joined[place] for place in (0, 1, 2, 3, 5)}) == 1 and joined[4] == "set e"
