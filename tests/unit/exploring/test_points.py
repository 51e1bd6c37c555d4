"""Images of a forget set: as many as fit, easy and hard ones, the worst of the others."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from tests.helpers.exploring import PARTS
from unlearning.exploring import points
from unlearning.exploring.histograms import bins
from unlearning.scoring.rows import SPLITS

CIFAR = {"members": 100, "bins": bins("default"), "image": (32, 32, 3)}

NOTHING = pd.DataFrame({"split": [], "point": []})


def written(numbers, *, sets, runs, members, bins, image):
    one = np.prod(image) + 8 * members + runs * (bins + 12)
    return sets * sum(numbers.values()) * one * 4 / 3


def test_a_page_of_the_papers_size_is_within_its_bound_and_uses_it():
    size = {"sets": 9, "runs": 906, **CIFAR}
    numbers = points.how_many(**size)
    assert written(numbers, **size) <= points.BUDGET
    more = numbers | {"forget": numbers["forget"] + 1}
    assert written(more, **size) > points.BUDGET
    assert numbers["forget"] >= numbers["retain"] == numbers["validation"] >= 5


def test_a_small_study_has_the_most_and_a_huge_one_none():
    assert points.how_many(sets=9, runs=45, **CIFAR) == points.MOST
    none = points.how_many(sets=900, runs=10**6, **CIFAR)
    assert none == dict.fromkeys(SPLITS, 0)
    assert points.choose(np.zeros(20), PARTS, PARTS, none).empty


def test_counts_take_two_bytes_where_members_are_many():
    assert points.count_type(255) is np.uint8 and points.count_type(256) is np.uint16


def test_the_forget_set_is_spread_over_its_order_and_the_rest_is_the_worst():
    mean = np.arange(20.0)
    never = dict.fromkeys(SPLITS, np.array([], int))
    found = points.choose(mean, never, PARTS, {"forget": 2, "retain": 3, "validation": 1})
    by_split = found.groupby("split")["point"].apply(list)
    assert by_split["forget"] == [7, 1]  # the largest and the smallest
    assert by_split["retain"] == [13, 12, 11] and by_split["validation"] == [19]


def test_half_is_what_is_the_worst_under_most_runs():
    klom = np.random.default_rng(0).random((6, 20))
    klom[:4, 9] = klom[4:, 11] = klom[0, 14] = 8
    klom[5] = np.nan
    often = points.most_often_worst([klom[:2], klom[2:], np.full((9, 20), 11.5)], PARTS)
    assert often["retain"].tolist() == [9, 11], "neither without a score nor with one for all"
    mean = -np.arange(20.0)
    found = points.choose(mean, often, PARTS, {"forget": 0, "retain": 4, "validation": 2})
    by_split = found.groupby("split")["point"].apply(list)
    assert by_split["retain"] == [0, 2, 9, 11], "by falling mean, each once"
    assert by_split["validation"] == [14, 15]


def test_of_points_that_are_as_bad_one_that_is_shown_is_named():
    klom = np.full((2, 20), 11.5, np.float32)
    klom[1, 5] = 12
    shown = pd.DataFrame({"split": ["retain", "forget"], "point": [8, 7]})
    found = points.worst(pd.DataFrame(index=range(2)), klom, PARTS, shown)
    assert found["worst_retain"].tolist() == [8, 5] and found["worst_forget"].tolist() == [7, 7]
    assert found["worst_validation"].tolist() == [14, 14]


def test_a_diverged_run_and_a_point_without_score_change_no_order():
    klom = np.random.default_rng(0).random((4, 20))
    alone = points.mean_klom([klom])
    beside = points.mean_klom([klom, np.full((1, 20), 11.5)])
    np.testing.assert_array_equal(np.argsort(alone), np.argsort(beside))
    klom[0] = np.nan
    np.testing.assert_allclose(points.mean_klom([klom]), klom[1:].mean(axis=0))


def test_the_worst_point_is_looked_for_among_all():
    klom = np.zeros((2, 20), np.float32)
    klom[0, 4], klom[0, 5], klom[0, 19] = 3, 7, 2
    klom[1] = np.nan
    found = points.worst(pd.DataFrame({"run": [0, 1]}), klom, PARTS, NOTHING)
    worst = found.loc[0, [f"worst_{split}" for split in SPLITS]].tolist()
    assert worst == [4, 5, 19] and found.loc[0, "worst_retain_klom"] == 7
    assert (found.loc[1, [f"worst_{split}" for split in SPLITS]] == -1).all()


def every_worst(klom):
    return points.worst(pd.DataFrame(index=range(len(klom))), klom, PARTS, NOTHING)


def every_often(klom):
    return np.concatenate(list(points.most_often_worst([klom], PARTS).values()))


@pytest.mark.parametrize("look", [every_worst, lambda klom: points.mean_klom([klom]), every_often])
def test_what_is_said_of_all_runs_is_that_of_some_after_others(look, monkeypatch):
    klom = np.random.default_rng(0).random((40, 20))
    klom[3] = klom[35, 7] = np.nan
    together = look(klom)
    monkeypatch.setattr(points, "RUNS_AT_ONCE", 7)
    np.testing.assert_allclose(look(klom), together, rtol=1e-12)


@pytest.mark.parametrize("look", [every_worst, lambda klom: points.mean_klom([klom]), every_often])
def test_looking_at_all_runs_copies_only_some_at_a_time(look):
    klom = np.zeros((20 * points.RUNS_AT_ONCE, 20), np.float32)
    klom = np.tile(klom, 500)
    tracemalloc.start()
    try:
        look(klom)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < klom.nbytes / 4


def test_the_rule_says_the_numbers():
    shown = [{"forget": 10, "retain": 12, "validation": 12}, dict(points.MOST)]
    runs = {"runs": 906, "packed": 123_456}
    text = points.rule_in_words(shown, 32, **runs)
    assert "10 to 24 of its images" in text and "retain set (12)" in text and "10 MB" in text
    assert points.step(64, 64) == 1 and points.step(224, 200) == 4
    assert "906 runs to the last digit" in text and "123 kB" in text
    assert "Of 2 pixels in a row or column one" in points.rule_in_words(shown, 96, **runs)
