"""Learners of one pixel, small enough to follow by hand."""

import numpy as np
import torch
from torch import nn

from tests.helpers.networks import stacks_of, unlearned
from unlearning.computing.batches import Data
from unlearning.networks import stacking
from unlearning.trajectories.learner import Conditions, Learner

PIXEL = np.array([0])
OTHER = np.array([1, 2, 3])
SCRUB = {
    "alpha": 0.1,
    "gamma": 0.99,
    "temperature": 4.0,
    "decay_rate": 0.1,
    "decay_epochs": [3, 5, 9],
}
ASCENT = {"forget_batch_size": 2, "ascent_epochs": [1]}
STEP = {"learning_rate": 0.1, "batch_size": 2, "batch_norm": "train"}


def network(seed=0):
    """Two classes, one pixel: logits are the pixel times a weight each."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(1, 2, bias=False))


def make_learner(forget=PIXEL, retain=OTHER, members=1, **conditions):
    data = Data(
        torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64).view(4, 1, 1, 1),
        torch.tensor([0, 1, 0, 1]),
    )
    stacked = stacking.assemble(network, range(members)).double()
    points = torch.from_numpy(forget), torch.from_numpy(retain)
    seeds = list(range(members))
    return Learner(stacked, data, *points, seeds, conditions=Conditions(**conditions))


def weight(learner):
    return learner.network[1].weight.detach()[0, :, 0].clone()


def cross_entropy_gradient(weights, pixel, label):
    """By hand: (softmax(w x) - onehot(y)) x."""
    probabilities = torch.softmax(weights * pixel, 0)
    probabilities[label] -= 1
    return probabilities * pixel


def run(method, epochs, ascent_epochs=None, conditions=None, **extra):
    keywords = {**STEP, **extra, "epochs": epochs}
    axis = [(epoch, None) for epoch in epochs]
    if ascent_epochs:
        keywords |= {"forget_batch_size": 2, "ascent_epochs": ascent_epochs}
        axis = [(epoch, ascent) for ascent in ascent_epochs for epoch in epochs]
    learner = make_learner()
    return unlearned(
        method.unlearn,
        keywords,
        network,
        {
            name: torch.cat([value] * 3)
            for name, value in stacking.weights_of(learner.network).items()
        },
        learner.data,
        PIXEL,
        OTHER,
        [5, 6, 7],
        snapshots=axis,
        execution=stacks_of(3),
        conditions=conditions or Conditions(),
    )
