"""The order of runs: pairs that agree, and which pairs can be told apart at all."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from unlearning.answer.ranking import agreement, kendall_tau, ranking_rows, signs
from unlearning.scoring.differences import Scored

SIZES = [5, 10, 20]


def test_pairs_agree_or_not_and_a_tie_is_half():
    reference = signs(np.array([1.0, 2.0, 3.0]))
    for scores, share in (([1, 2, 3], 1), ([3, 2, 1], 0), ([1, 3, 2], 2 / 3), ([1, 2, 2], 5 / 6)):
        assert agreement(signs(np.array(scores, float)), reference) == pytest.approx(share)


def test_what_the_reference_ties_says_nothing():
    assert np.isnan(agreement(signs(np.array([1.0, 2.0])), signs(np.array([3.0, 3.0]))))
    assert agreement(signs(np.array([2.0, 1.0, 3.0])), signs(np.array([5.0, 5.0, 9.0]))) == 1


def test_a_run_without_a_score_is_the_worst():
    assert signs(np.array([np.nan, 11.5, 1.0])).tolist() == [1, 1, 1]
    assert signs(np.array([np.nan, np.nan])).tolist() == [0]


def test_tau_is_kendalls():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = rng.integers(0, 5, (2, 9)).astype(float)
        expected = kendalltau(one, other).statistic
        assert kendall_tau(signs(one), signs(other)) == pytest.approx(expected)


def scored(runs, deviation=0.001):
    """Scores of runs 1, 2, ... on every split by all members, and replicates of all of them."""
    table = pd.DataFrame(
        [
            {"klom_p95": float(run + 1), "klom_mean": float(run + 1) / 2}
            for run in range(runs)
            for _ in range(3)
        ]
    )
    rng = np.random.default_rng(1)
    deviations = deviation * rng.standard_normal((3 * runs, 50)).astype(np.float32)
    return Scored(table, deviations), np.arange(3 * runs).reshape(runs, 3)


def scores(runs, noise, rng):
    """Scores of N members, (runs, sizes, subsamples, splits, measures), with noise 1 / sqrt N."""
    sizes = np.sqrt(np.array(SIZES))[None, :, None, None, None]
    true = np.arange(1.0, runs + 1)[:, None, None, None, None]
    return true + noise / sizes * rng.standard_normal((runs, len(SIZES), 20, 3, 2))


def test_more_members_rank_better_and_all_agree_without_noise():
    rng = np.random.default_rng(0)
    known, places = scored(6)
    rows = ranking_rows("1", scores(6, 4.0, rng), known, places, sizes=SIZES)
    assert set(rows["split"]) == {"forget", "retain", "validation", "average"}
    for _, each in rows.groupby(["split", "measure"]):
        assert each["agreement"].is_monotonic_increasing
        assert (each["pairs"] == 15).all()
    exact = ranking_rows("1", scores(6, 0.0, rng), known, places, sizes=SIZES)
    for name in ("agreement", "kendall_tau"):
        assert (exact[name] == 1).all()
    # Two ensembles of 20 share members where there are 20.
    assert exact["disjoint_agreement"].isna().tolist() == [False, False, True] * 8
    assert (exact["disjoint_agreement"].dropna() == 1).all()


def test_independent_ensembles_agree_less_with_each_other_than_with_the_truth():
    known, places = scored(6)
    rows = ranking_rows("1", scores(6, 4.0, np.random.default_rng(0)), known, places, sizes=SIZES)
    few = rows[rows["n_members"] == 5]
    assert (few["disjoint_agreement"] < few["agreement"]).all()


def test_clear_pairs_are_those_whose_interval_leaves_out_zero():
    rng = np.random.default_rng(0)
    for deviation, pairs in ((0.0001, 15), (1.0, 0)):
        known, places = scored(6, deviation)
        rows = ranking_rows("1", scores(6, 4.0, rng), known, places, sizes=SIZES)
        p95 = rows[rows["measure"] == "p95"]
        assert (p95["clear_pairs"] == pairs).all()
        assert p95["clear_agreement"].isna().all() == (pairs == 0)
        assert rows.loc[rows["measure"] == "mean", "clear_agreement"].isna().all()


def test_one_run_has_no_order():
    known, places = scored(1)
    found = ranking_rows("1", scores(1, 1.0, np.random.default_rng(0)), known, places, sizes=SIZES)
    assert found.empty and "agreement" in found
