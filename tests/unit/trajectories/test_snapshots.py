"""Snapshots of one run are those of separate runs, and exactly those that were asked for."""

import numpy as np
import pytest

from tests.helpers.networks import stacks_of, unlearned
from tests.helpers.pixels import OTHER, PIXEL, SCRUB, STEP, make_learner, network, run
from unlearning.methods import ga, gda, scrub
from unlearning.networks import stacking
from unlearning.study import passes
from unlearning.trajectories.learner import Conditions, Snapshot

HEAVY = Conditions(momentum=0.9, weight_decay=0.01)


@pytest.mark.parametrize("conditions", [Conditions(), HEAVY], ids=["plain", "momentum"])
@pytest.mark.parametrize(("method", "extra"), [(gda, {}), (scrub, SCRUB)], ids=["gda", "scrub"])
def test_snapshots_and_shared_prefixes_equal_separate_runs(method, extra, conditions):
    """A branch goes on with the running gradients of the trunk."""
    together = run(method, [2, 4, 6], [1, 3, 4], conditions, **extra)
    for row, (ascent, epoch) in enumerate((a, e) for a in (1, 3, 4) for e in (2, 4, 6)):
        alone = run(method, [epoch], [ascent], conditions, **extra)
        np.testing.assert_array_equal(together.margins[row], alone.margins[0])
        assert together.sample_gradients[row] == alone.sample_gradients[0]
        given = {**STEP, "forget_batch_size": 2}
        counted = passes.counted("gda", given, 1, 3, epoch, ascent)
        assert alone.sample_gradients[0] == counted.gradients


def test_ga_snapshots_equal_separate_runs():
    together = run(ga, [1, 2, 5])
    for row, epoch in enumerate((1, 2, 5)):
        alone = run(ga, [epoch])
        np.testing.assert_array_equal(together.margins[row], alone.margins[0])
        counted = passes.counted("ga", STEP, 1, 3, epoch, None)
        assert alone.sample_gradients[0] == counted.gradients


@pytest.mark.parametrize("yielded", [[], [1, 1], [2]], ids=["missing", "twice", "unasked"])
def test_a_method_must_yield_what_was_asked_for(yielded):
    def careless(learner, *, epochs):
        del epochs
        for epoch in yielded:
            yield Snapshot(learner, epoch)

    learner = make_learner()
    weights = stacking.weights_of(learner.network)
    with pytest.raises(RuntimeError, match="yielded"):
        unlearned(
            careless,
            {"epochs": [1]},
            network,
            weights,
            learner.data,
            PIXEL,
            OTHER,
            [0],
            snapshots=[(1, None)],
            execution=stacks_of(1),
        )
