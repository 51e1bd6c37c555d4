"""Three members on their way to forget: as a stack, and each alone in plain torch and float64."""

import numpy as np
import torch

from tests.helpers.networks import small_ensemble
from unlearning.computing.batches import ordered
from unlearning.networks import stacking
from unlearning.trajectories.learner import FORGET, RETAIN, Conditions, Learner

SEEDS = [11, 12, 13]
POINTS = {FORGET: torch.arange(6), RETAIN: torch.arange(6, 34)}
STEP = {"learning_rate": 0.05, "batch_size": 8, "batch_norm": "train"}
BOTH = {**STEP, "forget_batch_size": 4}

#: The eight methods that need nothing but a learner, with hyperparameters.
ALTERNATIVES = {
    "finetune": STEP,
    "gda_interleaved": {**BOTH, "forget_weight": 0.3},
    "random_labels": {**BOTH, "retain_share": 0.4, "labels": "each_epoch"},
    "salun": {**BOTH, "retain_share": 1.0, "salient_share": 0.5},
    "bad_teacher": {**STEP, "retain_share": 0.3, "temperature": 2.0},
    "ssd": {"batch_size": 1, "selection": 1.5, "dampening": 0.5},
    "npo": {**BOTH, "beta": 0.5, "retain_weight": 1.0},
    "noisy_descent": {**STEP, "noise": 0.01},
}


class Members:
    """Small networks of one architecture, their data, and what they are before unlearning."""

    def __init__(self, name="mlp"):
        self.build, self.data, _ = small_ensemble(name, points=40, members=3, dtype=torch.float64)

    def learner(self, members=(0, 1, 2), **conditions):
        return Learner(
            stacking.assemble(self.build, members).double(),
            self.data,
            POINTS[FORGET],
            POINTS[RETAIN],
            [SEEDS[member] for member in members],
            conditions=Conditions(**conditions),
            build=self.build,
        )

    def run(self, method, epochs=(2,), members=(0, 1, 2), conditions=None, **keywords):
        """Return the weights that the last snapshot leaves."""
        learner = self.learner(members, **(conditions or {}))
        snapshots = list(method.unlearn(learner, **keywords, epochs=list(epochs)))
        assert [snapshot.epoch for snapshot in snapshots] == list(epochs)
        return learner.network.state_dict()

    def before(self, members=(0, 1, 2)):
        return self.learner(members).network.state_dict()

    def alone(self, member):
        return self.build(member).double()

    def batch(self, indices):
        """Return images and labels of some points."""
        return self.data.gather(indices)

    def assert_loop(self, found, loop):
        """Assert that a stack has the weights to which a loop brings each member alone.

        The loop gets a network in training mode and the member's seed, and moves it. What both
        round differs from processor to processor: by 1.3e-11 at most where it was seen.
        """
        for member, seed in enumerate(SEEDS):
            network = self.alone(member)
            loop(network.train(), seed)
            for name, value in network.state_dict().items():
                if name in found:  # not the number of batches that BatchNorm has seen
                    torch.testing.assert_close(
                        found[name][member], value, rtol=1e-8, atol=1e-10, msg=f"{member}: {name}"
                    )


def order(points, seed, *key):
    """Return a member's order of some points."""
    return ordered(points.unsqueeze(0), [seed], *key)[0]


def batches(which, size, seed, *key):
    """Return a member's batches of a pass over a set; the key is its epoch."""
    return order(POINTS[which], seed, *key, which).split(size)


def descend(network, loss, learning_rate=0.05):
    """Take a step of plain SGD."""
    network.zero_grad()
    loss.backward()
    with torch.no_grad():
        for weights in network.parameters():
            weights -= learning_rate * weights.grad


def assert_equal(one, two):
    """Assert that two sets of weights are the same, bit for bit."""
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value.numpy(), two[name].numpy(), err_msg=name)


def moved(one, two):
    """Return whether any weight differs."""
    return any(not torch.equal(value, two[name]) for name, value in one.items())
