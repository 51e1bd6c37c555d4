"""Datamodel matching: towards pretrained margins less what the forget set adds, by a plain loop."""

import numpy as np
import torch
from torch import nn

from tests.helpers.pixels import make_learner, weight
from unlearning.methods import datamodel_matching

PIXELS = torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64)
LABELS = [0, 1, 0, 1]
ADDED = torch.tensor([2.0, -0.5, 0.25, 1.0], dtype=torch.float64)
SETTING = {"learning_rate": 0.05, "batch_size": 2, "batch_norm": "train", "retain_ratio": 2}


def test_it_matches_margins_as_a_loop_of_one_member_would():
    learner = make_learner(np.array([0]), np.array([1, 2, 3]), members=2)
    starts = learner.network[1].weight.detach()[:, :, 0].clone()
    batches = [list(learner.mixed_batches(2, epoch, 2 / 3)) for epoch in (1, 2, 3)]
    list(datamodel_matching.unlearn(learner, datamodels=ADDED, epochs=[3], **SETTING))
    for member, start in enumerate(starts):
        single = nn.Linear(1, 2, bias=False).double()
        with torch.no_grad():
            single.weight[:, 0] = start
        stepping = torch.optim.Adam(single.parameters(), lr=0.05)

        def margin(point, single=single):
            logits = single(PIXELS[point : point + 1])  # of two classes: one is all others
            return logits[LABELS[point]] - logits[1 - LABELS[point]]

        wanted = [margin(point).detach() - ADDED[point] for point in range(4)]
        for batch in (batch[member] for each in batches for batch in each):
            stepping.zero_grad()
            distances = [(margin(point) - wanted[point]) ** 2 for point in batch.tolist()]
            (sum(distances) / len(distances)).backward()
            stepping.step()
        found = learner.network[1].weight.detach()[member, :, 0]
        torch.testing.assert_close(found, single.weight.detach()[:, 0], rtol=0, atol=1e-12)
        assert not torch.equal(found, start)


def test_where_nothing_is_added_nothing_moves():
    learner = make_learner()
    before = weight(learner)
    setting = {**SETTING, "optimizer": "sgd"}
    list(datamodel_matching.unlearn(learner, datamodels=0 * ADDED, epochs=[2], **setting))
    torch.testing.assert_close(weight(learner), before, rtol=0, atol=1e-14)
