"""What is left of a run: its jobs over what runs at once, at the speed that it has had so far."""

from types import SimpleNamespace

import pytest

from unlearning.planning.audit import Clock, Measurement, Wildcards
from unlearning.planning.remaining import TRUST_SECONDS, Remaining

NONE = Wildcards()


def follow(jobs, workers=1, measurements=(), waits=False):
    """Return what follows jobs, given as rules, that by the model take ten seconds each."""
    needs = SimpleNamespace(device="cpu", job_seconds=lambda rule, wildcards, device: 10.0)
    clock = Clock(needs, measurements)
    return Remaining(clock, {n: (rule, NONE) for n, rule in enumerate(jobs)}, workers, waits, 0.0)


@pytest.mark.parametrize(("workers", "expected"), [(1, 400), (2, 200), (4, 100), (1000, 10)])
def test_before_the_first_job_it_is_their_sum_over_what_runs_at_once(workers, expected):
    assert follow(["draw"] * 40, workers).seconds(0.0) == pytest.approx(expected)


def test_records_take_the_place_of_the_model():
    taken = [Measurement("draw", NONE, seconds, "cpu") for seconds in (2.0, 4.0)]
    assert follow(["draw"] * 10, 1, taken).seconds(0.0) == pytest.approx(30)
    assert follow(["score"] * 10, 1, taken).seconds(0.0) == pytest.approx(100)


def run(remaining, number, start, seconds):
    """Run one job from its beginning to its end."""
    remaining.begin(number, start)
    return remaining.end(number, start + seconds)


def test_a_run_that_goes_as_foretold_counts_down_like_a_clock():
    remaining = follow(["draw"] * 20)
    for number in range(10):
        run(remaining, number, 10.0 * number, 10)
        assert remaining.seconds(10.0 * number + 10) == pytest.approx(200 - 10 * number - 10)
    remaining.begin(10, 100.0)
    assert remaining.seconds(104.0) == pytest.approx(96)


def test_a_slower_machine_is_believed_the_longer_it_is_seen():
    """Each job takes three times as long: what is left tends to three times the sum."""
    remaining, left = follow(["draw"] * 100), []
    for number in range(60):
        run(remaining, number, 30.0 * number, 30)
        left.append(remaining.seconds(30.0 * number + 30) / (99 - number) / 10)
    assert 1 < left[0] < 1.5 and left == sorted(left)
    assert 2.5 < left[-1] < 3


def test_a_job_says_what_it_took_without_what_waiting_took():
    remaining = follow(["draw"] * 3, waits=True)
    remaining.begin(0, 0.0)
    assert remaining.end(0, 100.0, Measurement("draw", NONE, 5.0, "cpu")) == 5
    assert remaining.clock.seconds("draw", NONE) == (5.0, "measured")
    assert run(remaining, 1, 100.0, 7) == 7


def test_a_long_job_under_way_is_waited_for_and_an_endless_one_is_about_to_end():
    remaining = follow(["draw"] * 2, workers=2)
    remaining.begin(0, 0.0)
    remaining.begin(1, 0.0)
    assert remaining.seconds(2.0) == pytest.approx(8)
    assert 0 < remaining.seconds(1000.0) < 0.1 * (1000 + TRUST_SECONDS)


def test_a_failed_job_is_still_to_be_done_and_all_done_is_nothing():
    remaining = follow(["draw"])
    remaining.begin(0, 0.0)
    remaining.fail(0)
    assert remaining.running == {} and remaining.seconds(0.0) == pytest.approx(10)
    run(remaining, 0, 5.0, 10)
    assert remaining.seconds(15.0) == 0
