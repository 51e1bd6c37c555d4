"""Interleaved descent/ascent: a retain and a forget batch in every step."""

import pytest
from torch.nn import functional

from tests.helpers.members import (
    BOTH,
    POINTS,
    STEP,
    Members,
    assert_equal,
    batches,
    descend,
    order,
)
from tests.helpers.networks import NETWORKS
from unlearning.methods import finetune, gda_interleaved
from unlearning.trajectories.learner import FORGET, RETAIN


@pytest.mark.parametrize("name", NETWORKS)
def test_every_step_descends_on_one_batch_and_climbs_on_another(name):
    case = Members(name)

    def loop(network, seed):
        for epoch in (1, 2):
            # Four steps over R; F has two batches, then others of another order.
            again = order(POINTS[FORGET], seed, epoch, FORGET, 1).split(4)
            forget = [*batches(FORGET, 4, seed, epoch), *again]
            for kept, lost in zip(batches(RETAIN, 8, seed, epoch), forget, strict=True):
                images, labels = case.batch(kept)
                loss = functional.cross_entropy(network(images), labels)
                images, labels = case.batch(lost)
                loss = loss - 0.3 * functional.cross_entropy(network(images), labels)
                descend(network, loss)

    case.assert_loop(case.run(gda_interleaved, **BOTH, forget_weight=0.3), loop)


def test_without_ascent_it_is_fine_tuning():
    case = Members()
    assert_equal(case.run(gda_interleaved, **BOTH, forget_weight=0.0), case.run(finetune, **STEP))


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    still = {**BOTH, "learning_rate": 0.0}
    assert_equal(case.run(gda_interleaved, **still, forget_weight=0.3), case.before())
