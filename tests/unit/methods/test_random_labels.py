"""Random labels: wrong ones, of each member its own, and two passes in each epoch."""

import pytest
import torch
from torch.nn import functional

from tests.helpers.members import BOTH, SEEDS, Members, assert_equal, batches, descend
from tests.helpers.networks import NETWORKS
from unlearning.computing.batches import numbers
from unlearning.methods import random_labels
from unlearning.trajectories.learner import FORGET, LABELS, RETAIN
from unlearning.trajectories.losses import wrong_labels

CPU = torch.device("cpu")


@pytest.mark.parametrize("labels", ["fixed", "each_epoch"])
@pytest.mark.parametrize("name", NETWORKS)
def test_members_descend_under_wrong_labels_then_on_a_part_of_the_rest(name, labels):
    case = Members(name)

    def loop(network, seed):
        for epoch in (1, 2):
            key = (epoch,) if labels == "each_epoch" else ()
            drawn = numbers([seed], 40, *key, LABELS, device=CPU)[0]
            for batch in batches(FORGET, 4, seed, epoch):
                images, true = case.batch(batch)
                # The first class after the label, and so on around: of three classes two are wrong.
                wrong = (true + 1 + drawn[batch] % 2) % 3
                descend(network, functional.cross_entropy(network(images), wrong))
            kept = torch.cat(batches(RETAIN, 8, seed, epoch))[:14]  # a half of 28
            for batch in kept.split(8):
                images, true = case.batch(batch)
                descend(network, functional.cross_entropy(network(images), true))

    found = case.run(random_labels, **BOTH, retain_share=0.5, labels=labels)
    case.assert_loop(found, loop)


def test_labels_are_wrong_and_each_wrong_one_as_likely():
    drawn = numbers(SEEDS, 30_000, 0, device=CPU)
    true = torch.arange(30_000).expand(3, -1) % 5
    wrong = wrong_labels(true, drawn, 5)
    assert not (wrong == true).any() and wrong.min() == 0 and wrong.max() == 4
    shares = torch.bincount(((wrong - true) % 5).flatten(), minlength=5) / wrong.numel()
    torch.testing.assert_close(shares[1:], torch.full((4,), 0.25), atol=0.01, rtol=0)
    assert (wrong[0] != wrong[1]).any()


def test_without_a_share_of_the_retain_set_it_is_not_gone_through():
    learner = Members().learner()
    list(random_labels.unlearn(learner, **BOTH, retain_share=0.0, epochs=[3]))
    assert learner.sample_gradients == 3 * 6


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    still = {**BOTH, "learning_rate": 0.0}
    assert_equal(case.run(random_labels, **still, retain_share=1.0), case.before())
