"""Noisy descent: its noise is the members' own, normal, and where the step size is 0 none."""

from math import sqrt

import pytest
import torch
from torch.nn import functional

from tests.helpers.members import STEP, Members, assert_equal, batches, descend, moved
from tests.helpers.networks import NETWORKS
from unlearning.computing.batches import normals
from unlearning.methods import finetune, noisy_descent
from unlearning.trajectories.learner import NOISE, RETAIN


@pytest.mark.parametrize("name", NETWORKS)
def test_members_descend_and_are_blurred(name):
    case = Members(name)

    def loop(network, seed):
        for epoch in (1, 2):
            for step, batch in enumerate(batches(RETAIN, 8, seed, epoch)):
                images, labels = case.batch(batch)
                descend(network, functional.cross_entropy(network(images), labels))
                with torch.no_grad():
                    for place, weights in enumerate(network.parameters()):
                        noise = normals(
                            [seed], weights.numel(), epoch, step, NOISE, place,
                            device=weights.device, dtype=weights.dtype,
                        )  # fmt: skip
                        weights += sqrt(2 * 0.05) * 0.01 * noise.view(weights.shape)

    case.assert_loop(case.run(noisy_descent, **STEP, noise=0.01), loop)


def test_noise_does_not_depend_on_the_stack():
    case = Members()
    together = case.run(noisy_descent, **STEP, noise=0.1)
    alone = case.run(noisy_descent, members=[2], **STEP, noise=0.1)
    for name, value in alone.items():
        torch.testing.assert_close(value[0], together[name][2], rtol=1e-12, atol=1e-14)


def test_without_noise_it_is_fine_tuning_and_without_steps_nothing():
    case = Members()
    assert_equal(case.run(noisy_descent, **STEP, noise=0.0), case.run(finetune, **STEP))
    still = {**STEP, "learning_rate": 0.0}
    assert_equal(case.run(noisy_descent, **still, noise=1.0), case.before())


def test_weights_stay_in_a_ball_and_inside_of_it_are_left_alone():
    case = Members()

    def norms(weights):
        return sum(value.flatten(1).square().sum(1) for value in weights.values()).sqrt()

    plain = case.run(noisy_descent, **STEP, noise=0.1)
    assert_equal(case.run(noisy_descent, **STEP, noise=0.1, radius=1e6), plain)
    found = case.run(noisy_descent, **STEP, noise=0.1, radius=1.0)
    assert moved(found, plain) and norms(plain).min() > 1
    torch.testing.assert_close(norms(found), torch.ones(3, dtype=torch.float64))
