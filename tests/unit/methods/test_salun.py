"""SalUn: its mask by hand, and that nothing outside of it moves."""

import pytest
import torch
from torch.nn import functional

from tests.helpers.members import BOTH, POINTS, SEEDS, Members, assert_equal, moved
from tests.helpers.networks import NETWORKS
from unlearning.methods import random_labels, salun
from unlearning.trajectories.learner import FORGET

HEAVY = {"momentum": 0.9, "weight_decay": 0.01}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("conditions", [{}, HEAVY], ids=["plain", "heavy"])
def test_only_the_half_with_the_largest_gradients_moves(name, conditions):
    case = Members(name)
    found = case.run(salun, **BOTH, retain_share=1.0, salient_share=0.5, conditions=conditions)
    for member in range(len(SEEDS)):
        network = case.alone(member).eval()
        images, labels = case.batch(POINTS[FORGET])
        functional.cross_entropy(network(images), labels).backward()
        weights = dict(network.named_parameters())
        sizes = torch.cat([value.grad.abs().flatten() for value in weights.values()])
        bound = sizes.sort(descending=True).values[len(sizes) // 2]
        # Around the bound two ways of summing may disagree, as where half of them are 0.
        for key, value in weights.items():
            stayed, size = found[key][member] == value, value.grad.abs()
            assert stayed[size < bound * 0.999 - 1e-12].all(), key
            assert not stayed[size > bound * 1.001 + 1e-12].any(), key


def test_masked_steps_are_those_of_a_loop():
    case = Members()
    one = case.run(salun, (1,), **{**BOTH, "forget_batch_size": 6}, retain_share=0.0,
                   salient_share=0.5)  # fmt: skip
    other = case.run(random_labels, (1,), **{**BOTH, "forget_batch_size": 6}, retain_share=0.0)
    before = case.before()
    # One step: each weight goes all the way or stays.
    for key, value in one.items():
        stayed = value == before[key]
        torch.testing.assert_close(value, torch.where(stayed, before[key], other[key]))
    assert moved(one, before)


@pytest.mark.parametrize("conditions", [{}, HEAVY], ids=["plain", "heavy"])
def test_all_weights_are_random_labels_and_none_are_nothing(conditions):
    case = Members()
    every = case.run(salun, **BOTH, retain_share=0.5, salient_share=1.0, conditions=conditions)
    plain = case.run(random_labels, **BOTH, retain_share=0.5, conditions=conditions)
    for key, value in every.items():  # decay is added to gradients in another order of rounding
        torch.testing.assert_close(value, plain[key], rtol=1e-12, atol=1e-15)
    none = case.run(salun, **BOTH, retain_share=0.5, salient_share=0.0, conditions=conditions)
    assert_equal(none, case.before())


def test_a_mask_is_a_share_of_all_weights_of_a_member():
    generator = torch.Generator().manual_seed(0)
    gradients = [torch.randn(3, 4, 5, generator=generator), torch.randn(3, 7, generator=generator)]
    for share, kept in ((0.0, 0), (0.3, 8), (1.0, 27)):
        left = salun.least(gradients, share)
        moving = torch.cat([~part.flatten(1) for part in left], 1)
        assert moving.sum(1).tolist() == [kept] * 3
        sizes = torch.cat([gradient.flatten(1).abs() for gradient in gradients], 1)
        for row, mine in zip(sizes, moving, strict=True):
            assert not kept or kept == 27 or row[mine].min() > row[~mine].max()


def test_at_learning_rate_0_nothing_moves():
    case = Members()
    still = {**BOTH, "learning_rate": 0.0, "retain_share": 1.0, "salient_share": 0.5}
    assert_equal(case.run(salun, **still), case.before())
