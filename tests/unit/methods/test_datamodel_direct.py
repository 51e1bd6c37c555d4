"""Datamodel direct: margins less what the forget set adds, and not a weight moved."""

import numpy as np
import torch

from tests.helpers.networks import small_ensemble, stacks_of, unlearned
from unlearning.ensembles import margins
from unlearning.methods import datamodel_direct
from unlearning.networks import stacking
from unlearning.trajectories.given import Given

ADDED = np.random.default_rng(1).normal(0, 2, 30).astype(np.float32)


def run(strength):
    build, data, _ = small_ensemble("resnet9", points=30, members=3)
    network = stacking.assemble(build, range(3))
    found = unlearned(
        datamodel_direct.unlearn,
        {"strength": strength, "epochs": [1, 2]},
        build,
        stacking.weights_of(network),
        data,
        np.arange(4),
        np.arange(4, 25),
        [7, 8, 9],
        snapshots=[(1, None), (2, None)],
        execution=stacks_of(2),
        given=Given(datamodels=ADDED),
    )
    return found, network, data


def test_strength_0_is_the_pretrained_members_bit_for_bit():
    found, network, data = run(0.0)
    for stack in (slice(0, 2), slice(2, 3)):  # as it was computed
        build, _, _ = small_ensemble("resnet9", points=30, members=3)
        part = stacks_of(2).stack(build(0), stack.stop - stack.start)
        part.load_state_dict(stacking.select(stacking.weights_of(network), stack))
        before, correct = margins.evaluate(part, data, stack.stop - stack.start)
        for row in (0, 1):
            np.testing.assert_array_equal(found.margins[row, stack], before.numpy())
            right = np.unpackbits(found.correct[row, stack], axis=-1, count=30).astype(bool)
            np.testing.assert_array_equal(right, correct.numpy())
    assert found.sample_gradients == [0, 0]


def test_margins_and_predictions_are_those_with_the_own_logit_moved():
    found, network, data = run(0.7)
    logits = margins.logits(network, data, 3).double()
    own = data.labels.expand(3, -1).unsqueeze(-1)
    before = margins.margin(logits, own.squeeze(-1))
    expected = before - 0.7 * torch.from_numpy(ADDED)
    np.testing.assert_allclose(found.margins[0], expected.numpy(), rtol=0, atol=1e-5)
    moved = logits.scatter_add(
        -1, own, -0.7 * torch.from_numpy(ADDED).double().expand(3, -1)[..., None]
    )
    right = np.unpackbits(found.correct[0], axis=-1, count=30).astype(bool)
    np.testing.assert_array_equal(right, (moved.argmax(-1) == own.squeeze(-1)).numpy())
    assert 0 < right.mean() < 1
