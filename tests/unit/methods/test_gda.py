"""Gradient descent/ascent, by hand."""

import numpy as np
import torch

from tests.helpers.pixels import (
    ASCENT,
    STEP,
    cross_entropy_gradient,
    make_learner,
    weight,
)
from unlearning.methods import gda


def test_gda_climbs_on_the_forget_set_then_descends_on_the_retain_set():
    learner = make_learner(retain=np.array([1]))
    before = weight(learner)
    list(gda.unlearn(learner, **STEP, **ASCENT, epochs=[1]))
    climbed = before + 0.1 * cross_entropy_gradient(before, 1.0, 0)
    expected = climbed - 0.1 * cross_entropy_gradient(climbed, -2.0, 1)
    torch.testing.assert_close(weight(learner), expected)
