"""Gradient ascent: its direction by hand, and BatchNorm in both of its modes."""

import torch
from torch import nn

from tests.helpers.pixels import (
    STEP,
    cross_entropy_gradient,
    make_learner,
    weight,
)
from unlearning.computing.batches import Data
from unlearning.methods import ga
from unlearning.networks import stacking
from unlearning.trajectories.learner import Learner


def test_ga_climbs_the_forget_loss():
    learner = make_learner()
    before = weight(learner)
    list(ga.unlearn(learner, **STEP, epochs=[1]))
    expected = before + 0.1 * cross_entropy_gradient(before, 1.0, 0)
    torch.testing.assert_close(weight(learner), expected)


def test_frozen_batch_norm_keeps_its_statistics_and_train_mode_does_not():
    def batch_normed(_seed=0):
        return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))

    data = Data(torch.arange(4.0).view(4, 1, 1, 1), torch.tensor([0, 1, 0, 1]))
    for mode, moves in (("frozen", False), ("train", True)):
        stacked = stacking.assemble(batch_normed, [0])
        statistics = stacked[1].running_mean.clone()
        learner = Learner(stacked, data, torch.tensor([0, 1]), torch.tensor([2, 3]), [0])
        keywords = {"learning_rate": 0.0, "batch_size": 2, "batch_norm": mode}
        list(ga.unlearn(learner, **keywords, epochs=[1]))
        assert torch.equal(stacked[1].running_mean, statistics) is not moves
