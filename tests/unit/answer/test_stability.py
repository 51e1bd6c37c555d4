"""What is stable: bands, what scores still lose, and the verdict turned round by its numbers."""

import numpy as np
import pandas as pd
import pytest

from unlearning.answer.findings import stability_finding
from unlearning.answer.ranking import COLUMNS as RANKING
from unlearning.answer.stability import (
    COLUMNS,
    changes,
    gaussian_rows,
    settled,
    stability_rows,
    stable_after,
)
from unlearning.answer.verdicts import FAILS, IN_PART, STANDS, UNKNOWN

SIZES = [20, 80, 100]
POINTS = {"forget": 10, "retain": 90, "validation": 50}
PRETRAINED = {"method": "pretrained", "setting": "", "kind": "baseline", "epoch": 0}
FLOOR = (5.0, 0.9, 0.7)
NOISE = 0.02


def made(levels, *, floor=FLOOR, sizes=SIZES, forget_set="1", seed=0, noise=NOISE):
    """Rows of an ensemble whose score at each N has a level, in 50 subsamples."""
    rng = np.random.default_rng(seed)
    shape = len(sizes), 50, 3, 2

    def around(values):
        return np.reshape(values, (-1, 1, 1, 1)) + noise * rng.standard_normal(shape)

    gaussian = np.reshape(np.nan_to_num(floor), (-1, 1, 1)) * np.ones((1, 3, 2))
    run = {**PRETRAINED, "forget_set": forget_set}
    return stability_rows(run, around(levels), around(floor), gaussian, sizes=sizes, points=POINTS)


def study(levels, sets=3, **more):
    return pd.concat([made(levels, forget_set=str(n), seed=n, **more) for n in range(sets)])


def ranked(size=80):
    row = dict.fromkeys(RANKING, 0.5) | {"split": "average", "measure": "p95", "n_members": size}
    return pd.DataFrame([row | {"agreement": 0.9, "clear_agreement": 0.99}])


def test_rows_are_means_and_percentiles_of_the_subsamples():
    scores = np.arange(2 * 4 * 3 * 2, dtype=float).reshape(2, 4, 3, 2)
    floor = scores / 2
    table = stability_rows(
        {**PRETRAINED, "forget_set": "7"},
        scores, floor, np.ones((2, 3, 2)), sizes=[5, 10], points=POINTS,
    )  # fmt: skip
    assert list(table.columns) == COLUMNS and len(table) == 3 * 2 * 2
    row = table[(table["split"] == "retain") & (table["measure"] == "mean")].iloc[0]
    values = scores[0, :, 1, 1]
    assert row["score"] == values.mean() and row["n_points"] == 90 and row["overlap"] == 0.5
    assert (row["score_low"], row["score_high"]) == tuple(np.percentile(values, [5, 95]))
    assert row["excess"] == values.mean() / 2
    assert row["remaining"] == (values - scores[1, :, 1, 1]).mean() == -24
    assert row["excess_remaining"] == -12
    assert table.loc[table["n_members"] == 10, "remaining"].isna().all()


def test_what_remains_is_of_the_same_members():
    """Subsamples that differ by much, each of which falls by as much: a narrow band of the fall."""
    levels = np.linspace(1, 9, 50).reshape(1, -1, 1, 1) * np.ones((1, 1, 3, 2))
    scores = np.concatenate([levels + 1, levels])
    table = stability_rows(
        {**PRETRAINED, "forget_set": "1"},
        scores, scores, np.ones((2, 3, 2)), sizes=[5, 10], points=POINTS,
    )  # fmt: skip
    first = table[table["n_members"] == 5]
    assert (first["score_high"] - first["score_low"] > 6).all()
    assert np.allclose(first[["remaining", "remaining_low", "remaining_high"]], 1)


def test_scores_that_fall_with_the_floor_are_never_settled_and_their_excess_is():
    found = settled(made(np.add(FLOOR, 0.1)))
    assert found["score_settled"].isna().all()
    assert (found["excess_settled"] == 20).all()


def test_scores_that_stay_are_settled_from_where_on_they_stay():
    found = settled(made((9.5, 9.0, 9.0)))
    assert (found["score_settled"] == 80).all()
    assert found["excess_settled"].isna().all()
    # Back at the end: not settled before it has come to stay.
    assert (settled(made((9.0, 9.5, 9.0)))["score_settled"].isna()).all()


@pytest.mark.parametrize(
    ("levels", "verdict", "changing", "alone"),
    [
        ((9.0, 9.0, 9.0), STANDS, 0, 0),
        ((5.1, 1.0, 0.8), IN_PART, 9, 9),
        ((5.1, 1.5, 0.8), FAILS, 9, 0),
    ],
)
def test_the_verdict_follows_from_the_numbers(levels, verdict, changing, alone):
    table = study(levels)
    found = stable_after(table)
    assert found["verdict"] == verdict
    assert (found["changing"], found["floor_alone"], found["cells"]) == (changing, alone, 9)
    assert (found["n_members"], found["all_members"]) == (80, 100)
    assert found["score"] == pytest.approx(levels[1], abs=0.02)
    assert found["floor_at_all"] == pytest.approx(0.7, abs=0.02)
    sentence = stability_finding(table, ranked())
    assert f"“stable after N = 80” {verdict};" in sentence
    assert ("not told to stay" in sentence) == bool(found["untold"])
    assert f"{changing} of 9 P95" in sentence and "90 % of the pairs" in sentence


def test_one_set_that_falls_is_enough():
    table = pd.concat([study((9.0, 9.0, 9.0)), made(np.add(FLOOR, 0.1), forget_set="low")])
    found = stable_after(table)
    assert (found["verdict"], found["changing"], found["floor_alone"]) == (IN_PART, 3, 3)
    assert found["score"] == pytest.approx(1.0, abs=0.02)  # of those that fall


def test_one_set_that_falls_without_its_floor_is_enough_to_fail():
    table = pd.concat([study(np.add(FLOOR, 0.1)), made((5.1, 1.5, 0.8), forget_set="odd")])
    found = stable_after(table)
    assert (found["verdict"], found["changing"], found["floor_alone"]) == (FAILS, 12, 9)


def test_a_change_that_nobody_would_mind_is_none():
    table = pd.concat([study(np.add(FLOOR, 0.1)), made((5.1, 1.05, 0.8), forget_set="odd")])
    assert stable_after(table)["verdict"] == IN_PART


def test_what_is_too_noisy_to_change_is_not_told_to_stay():
    assert stable_after(study((9.0, 9.0, 9.0), noise=0.6))["verdict"] == UNKNOWN
    assert stable_after(study((5.1, 3.0, 0.8), noise=0.6))["verdict"] == UNKNOWN
    # One that is told to change is not: the claim does not stand, whatever else there is.
    table = pd.concat([study((9.0, 9.0, 9.0), noise=0.6), made((5.1, 1.5, 0.8), forget_set="odd")])
    assert stable_after(table)["verdict"] == FAILS


def test_a_study_of_fewer_members_cannot_tell():
    found = stable_after(study((5.1, 1.9, 1.6), floor=(5.0, 1.8, 1.5), sizes=[20, 50, 60]))
    assert (found["verdict"], found["n_members"], found["all_members"]) == (UNKNOWN, 50, 60)
    assert (found["changing"], found["floor_alone"]) == (9, 9)


def test_without_a_second_ensemble_of_oracles_only_standing_can_be_told():
    for levels, verdict in (((9.0, 9.0, 9.0), STANDS), ((5.1, 1.0, 0.8), UNKNOWN)):
        table = study(levels, floor=(5.0, 0.9, np.nan))
        assert stable_after(table)["verdict"] == verdict
        assert "nan" not in stability_finding(table, ranked().assign(clear_agreement=np.nan))


def test_one_number_of_members_is_not_enough():
    one = study((9.0,), floor=(0.7,), sizes=[100])
    with pytest.raises(ValueError, match="at two numbers of members"):
        stable_after(one)
    gaussian = gaussian_rows("0", np.ones((2, 3, 2)), sizes=[100, 200], points=POINTS)
    assert "says nothing" in stability_finding(pd.concat([one, gaussian]), ranked())


def test_of_many_scores_that_do_not_change_few_are_said_to():
    """1,000 studies of 27 cells whose changes are noise: about 5 % find any."""
    rng = np.random.default_rng(0)
    erring = 0
    for _ in range(1000):
        found = rng.standard_normal(27)
        rows = pd.DataFrame({"remaining": found})
        rows = rows.assign(remaining_low=found - 1.645, remaining_high=found + 1.645)
        erring += changes(rows, "remaining").any()
    assert 25 <= erring <= 80
    assert not changes(rows.assign(remaining=np.nan, remaining_low=np.nan), "remaining").any()


def test_gaussians_have_rows_of_their_own():
    table = gaussian_rows("3", np.ones((2, 3, 2)), sizes=[10, 200], points=POINTS)
    assert list(table.columns) == COLUMNS and len(table) == 12
    assert (table["gaussian_floor"] == 1).all() and table["score"].isna().all()
    assert settled(table).empty
