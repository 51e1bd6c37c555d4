"""Texts that members make up: by their own probabilities, and by their own numbers."""

import numpy as np
import torch
from torch import nn

from tests.helpers.networks import small_ensemble
from unlearning.ensembles.generation import generate
from unlearning.networks import stacking


class Says(nn.Module):
    """Give the same probabilities at every place, whatever came before."""

    def __init__(self, *chances):
        super().__init__()
        self.chances = nn.Parameter(torch.tensor(chances))

    def forward(self, tokens):
        return self.chances.log().unsqueeze(1).unsqueeze(1).expand(*tokens.shape, -1)


def context(of=6):
    _, data, _ = small_ensemble("transformer", points=5, members=1)
    return data._replace(inputs=torch.zeros(1, of, dtype=torch.uint8))


def test_tokens_come_by_their_probabilities_and_nothing_after_the_end():
    found = generate(Says([0.25, 0.25, 0.5], [0.0, 0.0, 1.0]), context(), [3, 4], 4000)
    assert found.shape == (2, 4000, 6) and found.dtype == np.uint8
    assert (found[:, :, 0] == 0).all()
    first = np.bincount(found[0, :, 1], minlength=3) / 4000
    np.testing.assert_allclose(first, [0.25, 0.25, 0.5], atol=0.03)
    ended = (found[0, :, 1:] == 0).cumsum(1) > 0
    assert (found[0, :, 1:][ended] == 0).all()
    np.testing.assert_allclose(ended.mean(0), 1 - 0.75 ** np.arange(1, 6), atol=0.03)
    assert (found[1, :, 1:] == 2).all()  # never ends: cut off at the context


def test_a_member_says_the_same_in_any_stack():
    build, data, _ = small_ensemble("transformer", points=5, members=3, dtype=torch.float64)
    together = generate(stacking.assemble(build, range(3)).double(), data, [7, 8, 9], 20)
    alone = generate(stacking.assemble(build, [1]).double(), data, [8], 20)
    np.testing.assert_array_equal(together[1], alone[0])
    assert not np.array_equal(together[0], together[1])
    again = generate(stacking.assemble(build, range(3)).double(), data, [7, 8, 9], 20)
    np.testing.assert_array_equal(together, again)


def test_a_diverged_member_says_something_that_is_no_error():
    network = Says([0.5, 0.5, 0.0])
    with torch.no_grad():
        network.chances.fill_(torch.nan)
    assert generate(network, context(), [1], 3).shape == (1, 3, 6)
