"""Oracle matching: towards the mean logits of oracles, by a loop of one member."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.pixels import make_learner, weight
from unlearning.methods import oracle_matching
from unlearning.trajectories.learner import Conditions

PIXELS = torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64)
GENERATOR = torch.Generator().manual_seed(0)
#: (oracles, points, classes)
OUTPUTS = torch.randn(3, 4, 2, generator=GENERATOR, dtype=torch.float64)
FORGET, RETAIN = np.array([0]), np.array([1, 2, 3])
SETTING = {"learning_rate": 0.05, "batch_size": 2, "batch_norm": "train", "retain_ratio": 2}


def by_hand(start, batches, optimizer):
    """Match in a plain loop of torch over given batches of points."""
    single = nn.Linear(1, 2, bias=False).double()
    with torch.no_grad():
        single.weight[:, 0] = start
    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    stepping = kinds[optimizer](single.parameters(), lr=0.05)
    for batch in batches:
        stepping.zero_grad()
        wanted = OUTPUTS.mean(0)[batch]
        found = single(PIXELS[batch].unsqueeze(1))
        ((found - wanted) ** 2).sum(1).mean().backward()
        stepping.step()
    return single.weight.detach()[:, 0]


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_members_match_the_mean_logits_as_one_alone_would(optimizer):
    learner = make_learner(FORGET, RETAIN, members=3)
    start = learner.network[1].weight.detach()[:, :, 0].clone()
    batches = []
    original = learner.mixed_batches

    def watched(*arguments):
        for batch in original(*arguments):
            batches.append(batch.clone())
            yield batch

    learner.mixed_batches = watched
    every = oracle_matching.unlearn(
        learner, oracle_outputs=OUTPUTS, optimizer=optimizer, epochs=[4], **SETTING
    )
    assert [snapshot.epoch for snapshot in every] == [4]
    for member in range(3):
        expected = by_hand(start[member], [batch[member] for batch in batches], optimizer)
        found = learner.network[1].weight.detach()[member, :, 0]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    # One forgotten point and two of the three others, 3 an epoch: batches of 2 and of 1.
    assert [batch.shape[1] for batch in batches] == [2, 1] * 4
    assert learner.sample_gradients == 3 * 4


def test_retained_points_are_the_members_own_and_others_in_every_epoch():
    learner = make_learner(FORGET, RETAIN, members=8)
    passes = [torch.cat(list(learner.mixed_batches(2, epoch, 1 / 3)), 1) for epoch in (1, 2, 3)]
    assert all((points == 0).sum(1).eq(1).all() for points in passes)
    drawn = torch.stack([points.sum(1) for points in passes])  # the one retained point
    assert len(drawn[0].unique()) > 1
    assert (drawn != drawn[0]).any(0).sum() > 1


def test_more_than_all_of_the_retain_set_is_all_of_it_and_rate_0_moves_nothing():
    learner = make_learner(FORGET, RETAIN)
    before = weight(learner)
    setting = {**SETTING, "learning_rate": 0.0, "retain_ratio": 100}
    list(oracle_matching.unlearn(learner, oracle_outputs=OUTPUTS, epochs=[2], **setting))
    assert torch.equal(weight(learner), before)
    assert learner.sample_gradients == 2 * 4


def test_a_fork_takes_the_running_numbers_of_adam_along():
    learner = make_learner(FORGET, RETAIN, **vars(Conditions(weight_decay=0.1)))
    learner.use_adam()
    learner.start(learning_rate=0.1, batch_norm="train")
    for epoch in (1, 2):
        learner.minimise(type(learner).cross_entropy, learner.retain_batches(2, epoch))
    twin = learner.fork()
    for each in (learner, twin):
        each.minimise(type(each).cross_entropy, each.retain_batches(2, 3))
    assert torch.equal(weight(twin), weight(learner))
