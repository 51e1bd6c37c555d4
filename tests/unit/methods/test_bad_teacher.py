"""Bad teacher: a random network's outputs on the forget set, the pretrained ones' on the rest."""

import pytest
import torch

from tests.helpers.members import POINTS, SEEDS, STEP, Members, assert_equal, descend, order
from tests.helpers.networks import NETWORKS
from unlearning.methods import bad_teacher
from unlearning.trajectories.learner import FORGET, RETAIN
from unlearning.trajectories.passes import MIXED


@pytest.mark.parametrize("name", NETWORKS)
def test_students_follow_two_teachers(name):
    case = Members(name)

    def loop(network, seed):
        with torch.no_grad():
            images, _ = case.batch(torch.arange(40))
            good = network.eval()(images).div(2).softmax(1)
            bad = case.build(seed).double().eval()(images).div(2).softmax(1)
        network.train()
        for epoch in (1, 2):
            kept = order(POINTS[RETAIN], seed, epoch, RETAIN)[:14]
            both = torch.cat([order(POINTS[FORGET], seed, epoch, FORGET), kept])
            for batch in order(both, seed, epoch, MIXED).split(8):
                images, _ = case.batch(batch)
                teacher = torch.where((batch < 6).unsqueeze(1), bad[batch], good[batch])
                student = network(images).div(2).softmax(1)
                loss = (teacher * (teacher / student).log()).sum(1).mean()
                descend(network, loss)

    found = case.run(bad_teacher, **STEP, retain_share=0.5, temperature=2.0)
    case.assert_loop(found, loop)


def test_untrained_networks_are_the_members_own_whatever_stack_they_are_in():
    case = Members()
    together = case.learner().untrained_logits()
    assert not torch.equal(together[0], together[1])
    torch.testing.assert_close(together[1:2], case.learner([1]).untrained_logits())
    images, _ = case.batch(torch.arange(40))
    torch.testing.assert_close(together[2], case.build(SEEDS[2]).double()(images))


def test_a_learner_that_cannot_build_says_so():
    learner = Members().learner()
    learner.build = None
    with pytest.raises(ValueError, match="was given no build"):
        learner.untrained_logits()


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    still = {**STEP, "learning_rate": 0.0, "retain_share": 0.3, "temperature": 1.0}
    assert_equal(case.run(bad_teacher, **still), case.before())
