"""Members see orders of their own, or the published one."""

import numpy as np

from tests.helpers.pixels import OTHER, PIXEL, make_learner


def test_published_order_is_the_index_order():
    learner = make_learner(forget=PIXEL, retain=OTHER)
    learner.shuffle = False
    batches = [batch.tolist() for batch in learner.retain_batches(2, 1)]
    assert batches == [[[1, 2]], [[3]]]


def test_members_see_orders_of_their_own_that_repeat():
    learner = make_learner(retain=np.arange(1, 4), members=4)
    first = [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first == [batch.tolist() for batch in learner.retain_batches(3, 1)]
    assert first != [batch.tolist() for batch in learner.retain_batches(3, 2)]
    assert len({tuple(order) for order in first[0]}) > 1
