"""Fine-tuning: descent on the retain set, in a loop of its own."""

import pytest
from torch.nn import functional

from tests.helpers.members import STEP, Members, assert_equal, batches, descend
from tests.helpers.networks import NETWORKS
from unlearning.methods import finetune
from unlearning.trajectories.learner import RETAIN


@pytest.mark.parametrize("name", NETWORKS)
def test_members_descend_on_the_retain_set(name):
    case = Members(name)

    def loop(network, seed):
        for epoch in (1, 2):
            for batch in batches(RETAIN, 8, seed, epoch):
                images, labels = case.batch(batch)
                descend(network, functional.cross_entropy(network(images), labels))

    case.assert_loop(case.run(finetune, **STEP), loop)


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    assert_equal(case.run(finetune, **{**STEP, "learning_rate": 0.0}), case.before())
