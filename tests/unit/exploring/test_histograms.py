"""Counts from which KLoM follows: the bins are its own."""

import numpy as np
import pytest

from tests.helpers.exploring import SCORING
from unlearning.exploring.histograms import binned, bins, histograms
from unlearning.scoring.klom import CAP, klom


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 30, 7)).astype(np.float32) * [[[1]], [[2]]]


def divergence(counts, oracle):
    """By hand, of counts with the bin of what is not finite last."""
    p, q = counts / np.sum(counts), np.maximum(np.divide(oracle, np.sum(oracle)), 1e-5)
    return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a)


def test_klom_follows_from_the_counts(pair):
    unlearned, oracle = pair.astype(np.float32)
    counts, measured = binned(unlearned, oracle, SCORING)
    assert counts.shape == (7, bins("default")) and (counts.sum(axis=1) == 30).all()
    for point, (low, high, score) in enumerate(measured.astype(float)):
        edges = np.linspace(low, high, 21)
        others, _ = np.histogram(oracle[:, point].astype(float), edges)
        mine, _ = np.histogram(unlearned[:, point].astype(float), edges)
        np.testing.assert_array_equal(counts[point, :-1], mine)
        assert score == pytest.approx(divergence(counts[point], [*others, 0]), abs=1e-5)
    np.testing.assert_allclose(measured[:, 2], klom(unlearned, oracle), rtol=1e-6)


def test_what_is_not_finite_has_a_bin_of_its_own(pair):
    unlearned, oracle = pair.astype(np.float32)
    unlearned[0, 0], unlearned[:, 1] = np.inf, np.nan
    counts, measured = binned(unlearned, oracle, SCORING)
    assert counts[0, -1] == 1 and counts[1].tolist() == [0] * 20 + [30]
    assert np.isfinite(measured).all() and measured[1, 2] == pytest.approx(CAP)
    assert measured[1, :2].tolist() == [oracle[:, 1].min(), oracle[:, 1].max()]


def test_ensembles_of_one_number_fill_one_bin():
    same = np.full((5, 1), 0.25, np.float32)
    counts, measured = binned(same, same, SCORING)
    assert counts.sum() == counts.max() == 5 and measured[0, 2] == 0


def test_margins_are_clipped_as_they_are_scored():
    far = np.array([[1e6], [0]], np.float32)
    assert binned(far, np.zeros((2, 1), np.float32), SCORING)[1][0, 1] == SCORING.clip


def test_runs_stay_in_order_and_there_may_be_no_point(pair):
    unlearned, oracle = pair.astype(np.float32)
    found = histograms(iter([oracle, unlearned]), oracle, SCORING)
    assert (found.measured[0, :, 2] == 0).all() and (found.measured[1, :, 2] > 0).all()
    none = histograms([unlearned[:, :0]], oracle[:, :0], SCORING)
    assert none.counts.shape == (1, 0, 21) and none.measured.shape == (1, 0, 3)
