"""Members see orders of their own, or the published one; the documented method moves them."""

import numpy as np
import torch

from tests.helpers.pixels import (
    OTHER,
    PIXEL,
    STEP,
    cross_entropy_gradient,
    make_learner,
    weight,
)
from unlearning.study.sources import ROOT


def test_published_order_is_the_index_order():
    learner = make_learner(forget=PIXEL, retain=OTHER, shuffle=False)
    batches = [batch.tolist() for batch in learner.retain_batches(2, 1)]
    assert batches == [[[1, 2]], [[3]]]


def test_members_see_orders_of_their_own_that_repeat():
    learner = make_learner(retain=np.arange(1, 4), members=4)
    first = [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first == [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first != [batch.tolist() for batch in learner.retain_batches(3, 2)]
    assert len({tuple(order) for order in first[0]}) > 1


def test_the_documented_example_descends_under_wrong_labels():
    example = (
        (ROOT / "docs" / "your_method.md").read_text().split("```python\n")[-1].split("```")[0]
    )
    assert example.startswith('"""Shifted labels')
    module = {}
    exec(example, module)
    learner = make_learner()
    before = weight(learner)
    snapshots = list(module["unlearn"](learner, **STEP, shift=1, epochs=[1]))
    expected = before - 0.1 * cross_entropy_gradient(before, 1.0, 1)
    torch.testing.assert_close(weight(learner), expected)
    assert [snapshot.epoch for snapshot in snapshots] == [1]
