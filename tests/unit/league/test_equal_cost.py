"""Against which retraining a run is held, and when it is better, worse, or can't be told."""

import numpy as np
import pytest

from tests.helpers.leagues import GOOD, POOR, scored
from unlearning.league.equal_cost import (
    BETTER,
    CHEAPER,
    UNTOLD,
    WORSE,
    Stopped,
    compare,
    retrainings,
)
from unlearning.league.excess import Measured, measure

REPEATS = 40


def measured(worst, spread=0.1, seed=0):
    """A run whose worst split is known to about ``spread``, with noise of its own."""
    noise = np.random.default_rng(seed).standard_normal(REPEATS)
    moved = np.tile(spread * (noise - noise.mean()), (4, 1))
    return Measured(np.full(4, float(worst)), moved)


#: A score that falls with work, and is 0 in the end.
CURVE = [
    Stopped(epoch, epoch / 24, measured(score, seed=epoch))
    for epoch, score in ((6, 6.0), (12, 3.0), (18, 1.0), (24, 0.0))
]


@pytest.mark.parametrize(
    ("worst", "cost", "verdict", "epoch"),
    [
        (2.0, 0.3, BETTER, 12),  # than that at a half, which had more work
        (4.0, 0.3, UNTOLD, 12),  # than the cheaper one, but not than the dearer
        (7.0, 0.3, WORSE, 6),  # than the cheaper one
        (2.0, 0.5, BETTER, 12),  # exactly as dear: there is no other
        (4.0, 0.5, WORSE, 12),
        (2.0, 0.1, BETTER, 6),  # than the cheapest there is
        (7.0, 0.1, CHEAPER, 6),
        (0.5, 0.8, UNTOLD, 24),  # the next one is all of retraining
        (0.5, 1.5, WORSE, 24),
    ],
)
def test_equal_cost_lies_between_two_retrainings(worst, cost, verdict, epoch):
    found = compare(measured(worst, seed=99), cost, CURVE)
    assert (found["equal_cost"], found["stopped_epoch"]) == (verdict, epoch)
    assert found["stopped_cost"] == epoch / 24


def test_ahead_is_how_far_below_with_a_paired_interval():
    found = compare(measured(2.0, seed=12), 0.5, CURVE)  # with the noise of the one at epoch 12
    assert found["ahead"] == pytest.approx(1.0)
    assert found["ahead_low"] == pytest.approx(1.0) and found["ahead_high"] == pytest.approx(1.0)
    apart = compare(measured(2.0, seed=99), 0.5, CURVE)
    assert apart["ahead_low"] < 1.0 < apart["ahead_high"]


def test_what_is_nearer_than_its_interval_is_not_told():
    assert compare(measured(2.9, seed=99), 0.5, CURVE)["equal_cost"] == UNTOLD
    assert compare(measured(3.1, seed=99), 0.5, CURVE)["equal_cost"] == UNTOLD


def test_who_retrains_may_stop_sooner():
    """Where more work makes it worse, the cheaper retraining must be beaten as well."""
    rising = [CURVE[0]._replace(measured=measured(1.0, seed=1)), *CURVE[1:]]
    found = compare(measured(2.0, seed=99), 0.5, rising)
    assert found["equal_cost"] == UNTOLD and found["stopped_epoch"] == 6


def test_retrainings_are_those_of_the_set_and_end_in_the_floor():
    found = retrainings(measure(scored({"good": GOOD, "poor": POOR})), "2")
    assert [(each.epoch, each.cost) for each in found] == [(6, 0.25), (12, 0.5), (24, 1.0)]
    assert [each.measured.values[3] for each in found] == pytest.approx([6.0, 3.0, 0.0])
    assert not found[-1].measured.moved.any()
