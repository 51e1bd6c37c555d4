"""Negative preference optimisation: by hand, and its limit, gradient ascent."""

import pytest
import torch
from torch.nn import functional

from tests.helpers.members import (
    BOTH,
    STEP,
    Members,
    assert_equal,
    batches,
    descend,
    moved,
)
from tests.helpers.networks import NETWORKS
from unlearning.methods import ga, npo
from unlearning.trajectories.learner import FORGET, RETAIN


@pytest.mark.parametrize("weight", [0.0, 0.7])
@pytest.mark.parametrize("name", NETWORKS)
def test_members_descend_the_preference(name, weight):
    case = Members(name)

    def loop(network, seed):
        images, labels = case.batch(torch.arange(40))
        with torch.no_grad():
            before = network.eval()(images).softmax(1).gather(1, labels.unsqueeze(1))[:, 0]
        network.train()
        for epoch in (1, 2):
            retain = batches(RETAIN, 8, seed, epoch)
            for step, batch in enumerate(batches(FORGET, 4, seed, epoch)):
                images, labels = case.batch(batch)
                now = network(images).softmax(1).gather(1, labels.unsqueeze(1))[:, 0]
                loss = 2 / 0.5 * torch.log(1 + (now / before[batch]) ** 0.5).mean()
                if weight:
                    images, labels = case.batch(retain[step])
                    loss = loss + weight * functional.cross_entropy(network(images), labels)
                descend(network, loss)

    case.assert_loop(case.run(npo, **BOTH, beta=0.5, retain_weight=weight), loop)


def test_it_is_gradient_ascent_as_beta_vanishes():
    case = Members()
    ascent = case.run(ga, **{**STEP, "batch_size": 4})
    distance = []
    for beta in (1e-1, 1e-2, 1e-7):
        found = case.run(npo, **BOTH, beta=beta, retain_weight=0.0)
        distance.append(max((found[key] - ascent[key]).abs().max().item() for key in found))
    assert distance[0] > 5 * distance[1] > distance[2] and distance[2] < 1e-8
    assert moved(ascent, case.before())


def test_points_that_are_forgotten_already_pull_no_more():
    logits = torch.tensor([[[-20.0, 0.0]]], requires_grad=True)
    labels, reference = torch.tensor([[0]]), torch.tensor([[0.0]])
    npo.preference(logits, labels, reference, 1.0).backward()
    assert logits.grad.abs().max() < 1e-8


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    still = {**BOTH, "learning_rate": 0.0, "beta": 1.0, "retain_weight": 1.0}
    assert_equal(case.run(npo, **still), case.before())
