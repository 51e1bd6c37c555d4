"""Points that unlearn at different rates are told from points that do not, luck aside."""

import numpy as np
import pytest

from unlearning.answer.stopping import COLUMNS, Stopper, stopping_table
from unlearning.artifacts.stored import Ensemble, Run
from unlearning.scoring.scores import Scoring

MEMBERS, POINTS = 40, 60
SCORING = Scoring(variant="default", clip=100.0, bootstrap=30, seed=0)


def ensembles(*shifts, seed=0):
    """Return ensembles whose points are shifted from the oracles' by so many deviations each."""
    rng = np.random.default_rng(seed)
    shape = (MEMBERS, POINTS)
    return [(rng.normal(size=shape) + shift).astype(np.float32) for shift in shifts]


def stopped(*shifts, epochs=(0, 1, 3), seed=0):
    oracle, *moments = ensembles(0, *shifts, seed=seed)
    return Stopper(oracle, SCORING).stop(np.stack(moments), list(epochs))


def test_points_of_two_rates_need_two_moments():
    fast = np.arange(POINTS) % 2 == 0
    found = stopped(4.0, np.where(fast, 0, 4), np.where(fast, -4, 0))
    assert found["high"] < 0
    assert found["own"] < found["common"] - 3  # the floor at 20 members is high
    assert found["elsewhere"] == pytest.approx(0.5, abs=0.1)
    assert found["n_members"] == MEMBERS // 2 and found["stops"] == 3


def test_points_of_one_rate_gain_nothing_by_luck():
    """At the first of these moments all are where the oracles are, at others none."""
    found = stopped(4.0, 0.0, -4.0)
    assert found["common_epoch"] == 1 and found["elsewhere"] == 0
    assert found["difference"] == 0 == found["low"] == found["high"]


def test_moments_that_are_alike_are_chosen_among_by_luck_and_told_apart_by_none():
    wins = [stopped(1.0, 1.0, 1.0, 1.0, epochs=range(4), seed=seed) for seed in range(12)]
    assert np.mean([found["elsewhere"] for found in wins]) > 0.5
    assert sum(found["high"] < 0 for found in wins) <= 2
    assert abs(np.mean([found["difference"] for found in wins])) < 0.1


def test_a_diverged_moment_is_chosen_by_no_point():
    found = stopped(4.0, 0.0, np.nan)
    assert found["common_epoch"] == 1 and found["elsewhere"] == 0


def test_a_row_a_run_that_can_be_stopped_at_several_epochs():
    oracle, pretrained, first, second = ensembles(0, 4, 2, 0)
    record = {"seconds": [1, 1], "sample_gradients": [1, 1]}

    def run(name, snapshots):
        described = {"method": "gda", "name": name, "kind": "grid", "grid": [1, 3]}
        described |= {"hyperparameters": {"learning_rate": 0.1}, "snapshots": snapshots}
        margins = np.stack([first, second][: len(snapshots)])
        return Run(described, Ensemble([record], [margins], []))

    runs = [run("lr1", [(1, 1), (3, 1)]), run("lr2", [(1, 1), (3, 3)])]
    table = stopping_table("5", np.arange(10), oracle, pretrained, runs, SCORING)
    assert list(table.columns) == COLUMNS
    assert list(table["setting"]) == ["lr1_ascent1"]  # the other has one epoch of each ascent
    assert table.loc[0, "common_epoch"] == 3 and table.loc[0, "n_points"] == 10
