"""The Pareto front: what no run beats in cost and in excess."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.leagues import GOOD, POOR, scored
from unlearning.league.excess import measure
from unlearning.league.front import all_runs, mark, pareto, with_front


def test_a_point_is_on_the_front_where_no_other_is_cheaper_and_better():
    cost = [0.0, 0.1, 0.2, 0.2, 0.3, 1.0]
    score = [5.0, 4.0, 4.5, 2.0, 2.0, 0.0]
    assert pareto(cost, score).tolist() == [True, True, False, True, False, True]


def test_equal_points_are_both_on_the_front_or_neither():
    assert pareto([1, 1], [2, 2]).tolist() == [True, True]
    assert pareto([1, 1, 0], [2, 2, 2]).tolist() == [False, False, True]


def test_the_front_falls_as_it_gets_dearer_and_lies_below_all_others():
    rng = np.random.default_rng(0)
    cost, score = rng.random(200), rng.random(200)
    on = pareto(cost, score)
    order = np.argsort(cost[on])
    assert (np.diff(score[on][order]) < 0).all()
    for x, y in zip(cost[~on], score[~on], strict=True):
        assert ((cost[on] <= x) & (score[on] <= y)).any()


def test_the_front_of_two_groups_is_that_of_their_fronts():
    rng = np.random.default_rng(1)
    points = rng.random((60, 2))
    parts = [points[:25], points[25:]]
    kept = np.concatenate([part[pareto(*part.T)] for part in parts])
    assert sorted(map(tuple, kept[pareto(*kept.T)])) == sorted(
        map(tuple, points[pareto(*points.T)])
    )


def runs(told=()):
    excess = measure(scored({"good": GOOD, "poor": POOR}))
    found = all_runs(excess, forget_sets=["1", "2"], methods=["good", "poor"], told=told)
    return with_front(found)


def test_every_run_and_baseline_has_a_row_a_set():
    found = runs()
    assert len(found) == 2 * (4 + 1 + 2 + 1)
    here = found[(found["method"] == "oracle_stopped") & (found["forget_set"] == "1")]
    assert here["excess_worst"].tolist() == pytest.approx([6.0, 3.0])


def test_doing_nothing_and_retraining_are_the_ends_of_every_front():
    found = runs()
    front = found[found["front"]].groupby("forget_set")["method"].apply(list)
    for methods in front:
        assert sorted(methods) == ["good", "good", "oracle_floor", "pretrained"]
    assert found["front"].equals(found["front_untold"])


def test_what_is_told_the_answer_is_left_out_of_the_other_front():
    found = runs(told=["good"])
    assert found.loc[found["method"] == "good", "front"].all()
    assert not found.loc[found["method"] == "good", "front_untold"].any()
    # What it alone had beaten is on the front without it.
    stopped = found[found["method"] == "oracle_stopped"]
    assert not stopped["front"].any() and stopped["front_untold"].all()


def test_chosen_runs_are_marked_and_means_are_not():
    found = runs()
    key = {"source": "this study", "forget_set": "1"}
    chosen = pd.DataFrame(
        [
            {**key, "method": "good", "setting": "g1", "epoch": 4},
            {**key, "method": "poor", "setting": "p1", "epoch": 4},
            {**key, "method": "good", "setting": None, "epoch": None},
        ]
    ).astype({"epoch": "Int64"})
    marked = mark(chosen, found)["front"]
    assert marked[:2].tolist() == [True, False] and pd.isna(marked[2])
