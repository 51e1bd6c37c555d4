"""What a plan counts of a method is what its run takes."""

from importlib import import_module
from math import ceil

import pytest

from tests.helpers.members import ALTERNATIVES, POINTS, Members
from unlearning.computing.sgd import SGD
from unlearning.study import passes
from unlearning.study.design import Trajectory
from unlearning.trajectories.learner import FORGET, RETAIN

SIZES = [len(POINTS[which]) for which in (FORGET, RETAIN)]
VARIANTS = {
    **{name: (name, {}) for name in ALTERNATIVES},
    "npo alone": ("npo", {"retain_weight": 0.0}),
    "npo in more steps": ("npo", {"forget_batch_size": 1, "batch_size": 10}),
    "a forget batch larger than its set": ("gda_interleaved", {"forget_batch_size": 50}),
    "more steps than the forget set has": ("gda_interleaved", {"batch_size": 3}),
    "no retain set": ("random_labels", {"retain_share": 0.0}),
    "no forget labels drawn": ("salun", {"retain_share": 0.0, "batch_size": 50}),
    "squares of batches": ("ssd", {"batch_size": 5}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_plan_and_run_agree(variant, monkeypatch):
    name, changes = VARIANTS[variant]
    given = ALTERNATIVES[name] | changes
    steps, original = [], SGD.step
    monkeypatch.setattr(SGD, "step", lambda *call: (steps.append(1), original(*call)))
    epochs = [1] if name in passes.ONCE else [1, 3]
    learner = Members().learner([0])
    method = import_module(f"unlearning.methods.{name}")
    for snapshot in method.unlearn(learner, **given, epochs=epochs):
        counted = passes.counted(name, given, *SIZES, snapshot.epoch, None)
        assert counted == (learner.sample_gradients, len(steps))
    run = Trajectory("", given, tuple(epochs), ())
    assert passes.shared(name, run, *SIZES) == counted


def counted(trajectory, forget, retain):
    """Count every pass of one job as the methods with a shared beginning make them."""
    total = 0
    for epoch in range(1, max(trajectory.ascent_epochs) + 1):
        total += forget + retain
        if epoch in trajectory.ascent_epochs:
            total += sum(retain for _ in range(epoch + 1, max(trajectory.epochs) + 1))
    return total


@pytest.mark.parametrize("ascents", [(3, 5), (1,), (2, 5, 9), (12,), (4, 12)])
def test_shared_beginnings_agree_with_a_slow_count(ascents):
    given = {"batch_size": 30, "forget_batch_size": 4}
    run = Trajectory("", given, (5, 7, 10), ascents)
    found = passes.shared("gda", run, 11, 1000)
    assert found.gradients == counted(run, 11, 1000)
    assert found.steps == counted(run, ceil(11 / 4), ceil(1000 / 30))


def test_a_method_of_ones_own_is_counted_as_ascent():
    assert passes.counted("mine", {"batch_size": 4}, 6, 28, 3, None) == (18, 6)
    both = {"batch_size": 4, "forget_batch_size": 5}
    assert passes.counted("mine", both, 6, 28, 3, 2) == (2 * 6 + 3 * 28, 2 * 2 + 3 * 7)
