"""The excess of a run, of its worst split, and how far both move together."""

import numpy as np
import pytest

from tests.helpers.leagues import FLOOR, GOOD, STOPPED, scored
from unlearning.league.excess import columns, interval, measure, places
from unlearning.scoring.differences import Scored
from unlearning.scoring.klom import CAP


def of_run(excess, setting="g1", epoch=1, forget_set="1"):
    table = excess.table
    here = (table["setting"] == setting) & (table["epoch"] == epoch)
    return excess.of(np.flatnonzero(here & (table["forget_set"] == forget_set)))


def test_the_floor_is_taken_off_and_the_worst_is_the_largest():
    found = of_run(measure(scored({"good": GOOD})))
    assert found.values == pytest.approx([1.0, 0.5, 0.5, 1.0])
    assert found.moved.shape == (4, 50)
    assert found.moved.mean(axis=1) == pytest.approx(np.zeros(4), abs=1e-12)


def test_the_interval_of_a_split_is_the_paired_difference_from_its_floor():
    scores = scored({"good": GOOD}, noise=0.05)
    excess = measure(scores)
    wanted = scores.excess()
    low, high = interval(excess.values, excess.moved)
    assert excess.values == pytest.approx(wanted["difference"].to_numpy())
    assert low == pytest.approx(wanted["low"].to_numpy())
    assert high == pytest.approx(wanted["high"].to_numpy())


def test_where_one_split_is_far_above_the_others_the_worst_moves_with_it():
    found = of_run(measure(scored({"good": GOOD})))
    assert found.moved[3] == pytest.approx(found.moved[0])


def test_where_two_splits_are_equally_bad_the_worst_is_the_worse_in_each_replicate():
    equal = [("e", 1, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (3.7, 3.6, 0.7))]
    found = of_run(measure(scored({"e": equal}, noise=0.05)), "e")
    larger = np.maximum(found.moved[0], found.moved[1])
    assert found.moved[3] == pytest.approx(larger - larger.mean())


def test_of_several_runs_the_mean_of_their_worst_is_taken_not_the_worst_of_their_means():
    grid = [
        ("a", 1, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (4.7, 0.6, 0.7)),
        ("b", 1, 0.1, 0.1, (0.9, 0.9), (0.1, 0.1), (0.7, 4.6, 0.7)),
    ]
    excess = measure(scored({"m": grid}, forget_sets=("1",)))
    both = excess.of(np.arange(6).reshape(2, 3))
    assert both.values == pytest.approx([2.0, 2.0, 0.0, 4.0])


def test_columns_name_each_measure_and_the_split_that_is_worst():
    found = columns(of_run(measure(scored({"good": GOOD}))))
    assert found["excess_worst"] == pytest.approx(1.0)
    assert found["excess_retain_low"] < found["excess_retain"] < found["excess_retain_high"]
    assert found["worst_split"] == "forget"


def test_baselines_are_found_the_cheapest_first():
    excess = measure(scored({"good": GOOD}))
    stopped = excess.baseline("oracle_stopped", "2")
    assert stopped["relative_cost"].tolist() == list(STOPPED)
    first = excess.of(places(stopped)[0])
    assert first.values[:3] == pytest.approx(np.subtract(STOPPED[0.25], FLOOR))


def test_a_run_without_a_score_is_at_the_cap():
    scores = scored({"good": GOOD})
    table = scores.table.copy()
    table.loc[0, "klom_p95"] = np.nan
    excess = measure(Scored(table, scores.deviations))
    assert excess.values[0] == pytest.approx(CAP - FLOOR[0])
