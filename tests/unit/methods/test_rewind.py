"""Rewind: from an earlier epoch on, on the retain set alone, by hand."""

import pytest
import torch

from tests.helpers.pixels import OTHER, PIXEL, cross_entropy_gradient, make_learner, weight
from unlearning.ensembles.training import Recipe
from unlearning.methods import rewind
from unlearning.networks import stacking
from unlearning.trajectories.given import EarlyWeights

RECIPE = Recipe(
    epochs=4, batch_size=2, peak_learning_rate=0.9, peak_epoch=2, momentum=0.9, weight_decay=0.1
)
PIXELS, LABELS = [1.0, -2.0, 0.5, 1.5], [0, 1, 0, 1]


def early(learner):
    """Weights at the end as the learner has them, and others of epoch 2."""
    end = stacking.weights_of(learner.network)
    before = {name: value + 1 - 3 * value for name, value in end.items()}
    return EarlyWeights({2: before, 4: end}, RECIPE)


def run(learner, epochs, **changes):
    keywords = {"rewind_to": 2, "learning_rate": 0.3, "batch_size": 3, "batch_norm": "train"}
    given = early(learner)
    for snapshot in rewind.unlearn(
        learner, early_weights=given, epochs=epochs, **{**keywords, **changes}
    ):
        yield snapshot.epoch, weight(learner), snapshot.learner.sample_gradients


def descend(weights, rates):
    """Take a step a rate down the mean loss of all retained points, which are one batch."""
    for rate in rates:
        gradients = [cross_entropy_gradient(weights, PIXELS[i], LABELS[i]) for i in OTHER]
        weights = weights - rate * sum(gradients) / len(gradients)
    return weights


@pytest.mark.parametrize(
    ("schedule", "rates"),
    # Of the triangle 0 -> 0.3 at epoch 2 -> 0 at epoch 4, in the middle of epochs 3, 4, and after.
    [("constant", [0.3, 0.3, 0.3]), ("original", [0.225, 0.075, 0.0])],
)
def test_it_goes_on_from_the_earlier_weights_on_the_retain_set_alone(schedule, rates):
    learner = make_learner(PIXEL, OTHER)
    start = early(learner)[2]["1.weight"][0, :, 0]
    for epoch, found, gradients in run(learner, [1, 2, 3], schedule=schedule):
        torch.testing.assert_close(found, descend(start, rates[:epoch]), rtol=0, atol=1e-12)
        assert gradients == epoch * len(OTHER)


@pytest.mark.parametrize("changes", [{"learning_rate": 0.0}, {"schedule": "original"}])
def test_from_the_end_nothing_is_done(changes):
    learner = make_learner()
    before = weight(learner)
    ((_, found, _),) = run(learner, [1], rewind_to=4, **changes)
    assert torch.equal(found, before)
