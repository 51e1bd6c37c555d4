"""Selective synaptic dampening: importances point by point, and what they shrink."""

from math import inf

import pytest
import torch
from torch.nn import functional

from tests.helpers.members import POINTS, Members, assert_equal, batches, moved
from tests.helpers.networks import NETWORKS
from unlearning.methods import ssd
from unlearning.trajectories.learner import FORGET, RETAIN


def squares(case, network, batch):
    """Return the squared gradients of a batch's mean loss."""
    network.zero_grad()
    images, labels = case.batch(batch)
    functional.cross_entropy(network(images), labels).backward()
    return [weights.grad.square() for weights in network.parameters()]


def importance(case, network, parts):
    """Return the mean over points of what `squares` has of their batches."""
    total = [torch.zeros_like(weights) for weights in network.parameters()]
    for batch in parts:
        for mean, found in zip(total, squares(case, network, batch), strict=True):
            mean += found * len(batch) / sum(len(each) for each in parts)
    return total


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize("name", NETWORKS)
def test_weights_that_matter_more_to_the_forget_set_shrink(name, size):
    case = Members(name)
    shrunk = []

    def loop(network, seed):
        network.eval()
        forget, retain = (batches(which, size, seed, 1) for which in (FORGET, RETAIN))
        mine = importance(case, network, forget)
        every = importance(case, network, [*forget, *retain])
        with torch.no_grad():
            for weights, of_f, of_d in zip(network.parameters(), mine, every, strict=True):
                for place in range(weights.numel()):
                    f, d = of_f.flatten()[place].item(), of_d.flatten()[place].item()
                    if f > 1.5 * d:
                        weights.view(-1)[place] *= min(0.5 * d / f, 1.0)
                        shrunk.append(place)

    found = case.run(ssd, (1,), batch_size=size, selection=1.5, dampening=0.5)
    case.assert_loop(found, loop)
    assert shrunk


def test_an_infinite_selection_moves_nothing_and_none_does():
    case = Members()
    still = case.run(ssd, (1,), batch_size=1, selection=inf, dampening=1.0)
    assert_equal(still, case.before())
    assert moved(case.run(ssd, (1,), batch_size=1, selection=1.0, dampening=1.0), still)


def test_weights_without_importance_stay():
    """Of no importance to any point, they are not more important to some; 0 / 0 is no factor."""
    weights, none = torch.ones(1, 2), torch.zeros(1, 2)
    ssd.dampen([weights], [none], [none], 10.0, 1.0)
    assert torch.equal(weights, torch.ones(1, 2))
    ssd.dampen([weights], [torch.tensor([[4.0, 1.0]])], [torch.tensor([[1.0, 1.0]])], 2.0, 2.0)
    assert weights.tolist() == [[0.5, 1.0]]


def test_every_point_is_a_gradient_once():
    learner = Members().learner()
    list(ssd.unlearn(learner, batch_size=1, selection=1.0, dampening=1.0, epochs=[1]))
    assert learner.sample_gradients == sum(map(len, POINTS.values()))
