"""Rows of scores.csv from margins."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from unlearning.columns import Columns
from unlearning.scoring import scores
from unlearning.scoring.klom import CAP, klom
from unlearning.scoring.rows import split_points
from unlearning.scoring.scores import Scoring, score

SCORING = Scoring(variant="default", clip=100.0, bootstrap=20, seed=0)
SPLITS = split_points(np.array([1, 4]), n_train=6, n_validation=3)


@pytest.fixture
def ensembles():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 30, 9)).astype(np.float32)


def by_split(unlearned, oracle, correct=None, scoring=SCORING):
    correct = np.ones(unlearned.shape, bool) if correct is None else correct
    rows, points, _ = scores.score(unlearned, correct, oracle, SPLITS, scoring)
    return {row["split"]: row for row in rows}, points


def test_splits_are_the_data_set_without_overlap():
    assert {name: list(points) for name, points in SPLITS.items()} == {
        "forget": [1, 4],
        "retain": [0, 2, 3, 5],
        "validation": [6, 7, 8],
    }


def test_measures_are_those_of_the_points(ensembles):
    unlearned, oracle = ensembles
    correct = unlearned > 0
    rows, points = by_split(unlearned, oracle, correct)
    np.testing.assert_array_equal(points, klom(unlearned, oracle))
    for name, row in rows.items():
        here = points[SPLITS[name]]
        assert row["klom_p95"] == pytest.approx(np.percentile(here, 95))
        assert row["klom_p99"] == pytest.approx(np.percentile(here, 99))
        assert row["klom_mean"] == pytest.approx(here.mean())
        assert row["klom_median"] == pytest.approx(np.median(here))
        assert row["accuracy"] == pytest.approx(correct[:, SPLITS[name]].mean())
        labels_are_right = torch.zeros(unlearned[:, SPLITS[name]].size, dtype=torch.long)
        two = np.stack([unlearned[:, SPLITS[name]].ravel(), np.zeros(len(labels_are_right))], 1)
        loss = torch.nn.functional.cross_entropy(torch.from_numpy(two), labels_are_right)
        assert row["loss"] == pytest.approx(float(loss))
        assert row["n_points"] == len(here)
        assert row["n_members"] == 30
        assert row["n_nonfinite"] == 0
        assert row["klom_p95_low"] <= row["klom_p95"] <= row["klom_p95_high"]


def test_a_diverged_ensemble_is_scored_at_the_cap_and_counted(ensembles):
    unlearned, oracle = ensembles
    rows, _ = by_split(np.full_like(unlearned, np.nan), oracle)
    for name, row in rows.items():
        assert row["klom_p95"] == pytest.approx(CAP)
        assert row["n_nonfinite"] == 30 * len(SPLITS[name])
        assert row["loss"] == pytest.approx(100)
    infinite = unlearned.copy()
    infinite[0, 1] = np.inf
    rows, _ = by_split(infinite, oracle)
    assert [rows[name]["n_nonfinite"] for name in SPLITS] == [1, 0, 0]


def test_published_variants_leave_out_where_an_ensemble_diverged(ensembles, caplog):
    """Of one point: its split has no score, the others have theirs."""
    unlearned, oracle = ensembles
    scoring = Scoring("a2d", 100.0, 20, 0)
    whole, every_point = by_split(unlearned, oracle, scoring=scoring)
    diverged = unlearned.copy()
    diverged[0, SPLITS["forget"][0]] = np.nan
    rows, points = by_split(diverged, oracle, scoring=scoring)
    assert "klom.variant: a2d has no place for the 1 non-finite margins" in caplog.text
    assert rows["retain"] == whole["retain"]
    assert rows["validation"] == whole["validation"]
    klom_columns = [name for name in rows["forget"] if name.startswith("klom_")]
    assert np.isnan([rows["forget"][name] for name in klom_columns]).all()
    assert rows["forget"]["n_nonfinite"] == 1
    assert np.flatnonzero(np.isnan(points)).tolist() == [SPLITS["forget"][0]]
    np.testing.assert_array_equal(
        np.delete(points, SPLITS["forget"][0]), np.delete(every_point, SPLITS["forget"][0])
    )


def test_one_outlier_does_not_put_all_others_in_one_bin(ensembles):
    unlearned, oracle = ensembles
    unlearned = unlearned + 50
    unlearned[0] = -1e9
    assert np.percentile(klom(unlearned, oracle), 95) < 1
    rows, _ = by_split(unlearned, oracle)
    assert rows["retain"]["klom_p95"] > 0.8 * CAP


def of_sequences(lengths=(2, 1, 3, 2), members=40, seed=0):
    """Margins of two ensembles on sequences, and how they are scored."""
    rng = np.random.default_rng(seed)
    columns = Columns(lengths)
    unlearned, oracle = rng.normal(size=(2, members, columns.count)).astype(np.float32)
    unlearned += np.arange(columns.count, dtype=np.float32) / 3
    scoring = Scoring("default", 100.0, 30, 1, columns)
    return unlearned, oracle, scoring


def test_the_klom_of_a_sequence_is_the_mean_of_its_tokens_in_both_directions():
    unlearned, oracle, scoring = of_sequences()
    correct = unlearned > 1
    splits = {"forget": np.array([0, 2]), "retain": np.array([1, 3])}
    rows, points, deviations = score(unlearned, correct, oracle, splits, scoring)
    each, reverse = klom(unlearned, oracle), klom(oracle, unlearned)
    places = [[0, 1], [2], [3, 4, 5], [6, 7]]
    np.testing.assert_allclose(points, [each[place].mean() for place in places])
    other = np.array([reverse[place].mean() for place in places])
    for row, group in zip(rows, splits.values(), strict=True):
        assert row["n_points"] == 2
        assert row["klom_p95"] == pytest.approx(np.percentile(points[group], 95))
        assert row["klom_mean"] == pytest.approx(points[group].mean())
        assert row["klom_reversed_p95"] == pytest.approx(np.percentile(other[group], 95))
        assert row["klom_reversed_mean"] == pytest.approx(other[group].mean())
        tokens = np.concatenate([places[point] for point in group])
        assert row["accuracy"] == pytest.approx(correct[:, tokens].mean())
        losses = np.logaddexp(0, -unlearned[:, tokens].astype(float))
        assert row["loss"] == pytest.approx(losses.mean(), rel=1e-5)
        assert row["klom_p95_low"] <= row["klom_p95"] <= row["klom_p95_high"]
    assert deviations.shape == (2, 30) and deviations.std() > 0


def test_a_column_a_point_scores_as_if_nothing_were_averaged():
    unlearned, oracle, scoring = of_sequences(lengths=[1] * 6)
    splits = {"forget": np.arange(2), "retain": np.arange(2, 6)}
    ours = score(unlearned, unlearned > 0, oracle, splits, scoring)
    plain = score(unlearned, unlearned > 0, oracle, splits, replace(scoring, columns=None))
    assert ours[0] == plain[0] and "klom_reversed_p95" not in ours[0][0]
    np.testing.assert_array_equal(ours[2], plain[2])


def test_a_sequence_with_a_diverged_margin_has_no_score_in_the_other_direction():
    unlearned, oracle, scoring = of_sequences()
    unlearned[3, 4] = np.nan
    splits = {"forget": np.array([0, 1]), "retain": np.array([2, 3])}
    rows, points, _ = score(unlearned, unlearned > 0, oracle, splits, scoring)
    assert np.isfinite(points).all()
    assert np.isfinite(rows[0]["klom_reversed_mean"]) and np.isnan(rows[1]["klom_reversed_mean"])
