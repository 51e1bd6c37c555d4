"""Networks of tokens: causal, of the stated size, and in a stack what each member is alone."""

import pytest
import torch
from torch.nn import functional

from unlearning.networks import models, stacking
from unlearning.networks.stacked_tokens import ShortAttention
from unlearning.planning.network_size import network_size

CONTEXT, TOKENS = 7, 5
NETWORKS = {
    "transformer": {"name": "transformer", "width": 8, "layers": 2, "heads": 2},
    "ngram": {"name": "ngram", "size": 3, "width": 4, "hidden": 6},
}


def build(name, seed=0):
    return models.build(NETWORKS[name], (CONTEXT,), TOKENS, seed).double()


def some_tokens(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, TOKENS, shape, generator=generator)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_token_knows_a_later_one(name):
    network, tokens = build(name), some_tokens(4, CONTEXT)
    before = network(tokens)
    assert before.shape == (4, CONTEXT, TOKENS)
    changed = tokens.clone()
    changed[:, 4] = (changed[:, 4] + 1) % TOKENS
    after = network(changed)
    torch.testing.assert_close(after[:, :4], before[:, :4], rtol=0, atol=1e-14)
    assert (after[:, 4] - before[:, 4]).abs().max() > 1e-3
    torch.testing.assert_close(network(tokens[:, :3]), before[:, :3], rtol=0, atol=1e-12)


def test_an_ngram_forgets_what_lies_before_its_window():
    network, tokens = build("ngram"), some_tokens(4, CONTEXT)
    changed = tokens.clone()
    changed[:, 0] = (changed[:, 0] + 1) % TOKENS
    same = (network(changed) - network(tokens)).abs().amax((0, 2)) == 0
    assert same.tolist() == [False] * 3 + [True] * (CONTEXT - 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_plan_knows_the_number_of_weights(name):
    numbers = sum(weights.numel() for weights in build(name).parameters())
    assert network_size(NETWORKS[name], (CONTEXT,), TOKENS).numbers == numbers


def test_the_transformer_of_the_study_has_some_20_000_weights():
    model = {"name": "transformer", "width": 32, "layers": 2, "heads": 2}
    assert network_size(model, (12,), 32).numbers == 19_616


def test_heads_divide_the_width():
    with pytest.raises(ValueError, match="3 heads do not divide the width, 8"):
        models.build({**NETWORKS["transformer"], "heads": 3}, (CONTEXT,), TOKENS, 0)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_stack_computes_what_its_members_compute(name):
    tokens = some_tokens(3, 4, CONTEXT)
    stacked = stacking.assemble(lambda seed: build(name, seed), range(3)).double()
    for member in range(3):
        alone = build(name, member)
        torch.testing.assert_close(
            stacked(tokens)[member], alone(tokens[member]), rtol=1e-12, atol=1e-13
        )
    one = stacking.alone(stacked, 1)
    torch.testing.assert_close(one(tokens[1:2]), stacked(tokens)[1:2], rtol=1e-12, atol=1e-13)


def test_the_written_gradient_of_attention_is_torchs():
    generator = torch.Generator().manual_seed(1)
    parts = torch.randn(3, 6, 5, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    given = torch.randn(6, 5, 4, dtype=torch.float64, generator=generator)
    query, key, value = parts.unbind()
    expected = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    (wanted,) = torch.autograd.grad(expected, parts, given)
    found = ShortAttention.apply(parts)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(
        torch.autograd.grad(found, parts, given)[0], wanted, rtol=1e-12, atol=1e-13
    )
