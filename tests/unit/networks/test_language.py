"""Networks of tokens: causal, of the stated size, and in a stack what each member is alone."""

import pytest
import torch
from torch.nn import functional

from unlearning.networks import models, stacking
from unlearning.networks.stacked_tokens import (
    PackedAttention,
    RowProduct,
    ShortAttention,
    packing,
)
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


def ended(*shape):
    """Return sequences of several lengths, from 1 to all tokens, behind whose ends are zeros."""
    tokens = some_tokens(*shape).clamp_min(1)
    lengths = torch.arange(tokens[..., 0].numel()).view(shape[:-1]) % CONTEXT + 1
    inside = torch.arange(CONTEXT) < lengths[..., None]
    return tokens * inside, inside


@pytest.mark.parametrize("name", NETWORKS)
def test_a_stack_computes_what_its_members_compute(name):
    tokens, inside = ended(3, 4, CONTEXT)
    stacked = stacking.assemble(lambda seed: build(name, seed), range(3)).double()
    for member, row in enumerate(inside):
        alone = build(name, member)(tokens[member])[row]
        torch.testing.assert_close(stacked(tokens)[member][row], alone, rtol=1e-12, atol=1e-13)
    one = stacking.alone(stacked, 1)
    torch.testing.assert_close(one(tokens[1:2]), stacked(tokens)[1:2], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("tokens", [some_tokens(3, 4, CONTEXT).clamp_min(1), *ended(3, 4, CONTEXT)])
def test_nothing_is_computed_behind_the_end_of_a_sequence(tokens):
    features = torch.randn(*tokens.shape, 6, dtype=torch.float64)
    found = packing(tokens)
    packed = found.pack(features)
    inside = torch.arange(CONTEXT) < found.lengths.view(3, 4, 1)
    assert packed.shape == (3, 1, inside.sum((1, 2)).max(), 6)
    torch.testing.assert_close(found.unpack(packed)[inside], features[inside], rtol=0, atol=0)
    for number, (first, length) in enumerate(zip(found.first, found.lengths, strict=True)):
        rows = packed.flatten(0, 2)[first : first + length]
        assert rows.equal(features.flatten(0, 1)[number, :length])


def test_zeros_before_the_end_are_tokens_and_one_token_there_always_is():
    assert packing(torch.tensor([[[0, 3, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0]]])).lengths.tolist() == [
        4,
        1,
    ]


@pytest.mark.parametrize(("kind", "within"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_attention_over_packed_sequences_is_torchs_and_so_is_its_gradient(kind, within):
    tokens, _ = ended(2, 9, CONTEXT)
    found = packing(tokens)
    generator = torch.Generator().manual_seed(1)
    parts = torch.randn(len(found.slots), 3, 2, 5, dtype=kind, generator=generator)
    parts.requires_grad_()
    expected = torch.zeros(len(parts), 2, 5, dtype=kind)
    for first, length in zip(found.first, found.lengths, strict=True):
        query, key, value = parts[first : first + length].permute(1, 2, 0, 3)
        own = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        expected[first : first + length] = own.transpose(0, 1)
    given = torch.randn(expected.shape, dtype=kind, generator=generator)
    (wanted,) = torch.autograd.grad(expected, parts, given)
    seen = PackedAttention.apply(parts, found)
    torch.testing.assert_close(seen, expected, rtol=within, atol=within)
    (gradient,) = torch.autograd.grad(seen, parts, given)
    torch.testing.assert_close(gradient, wanted, rtol=within, atol=within)


def test_a_gpu_attends_as_a_processor_does():
    """By other means, which a processor can try as well: nothing is packed there."""
    tokens, inside = ended(3, 4, CONTEXT)
    stacked = stacking.assemble(lambda seed: build("transformer", seed), range(3)).double()
    whole = torch.nn.Sequential(*stacked)(tokens)
    torch.testing.assert_close(stacked(tokens)[inside], whole[inside], rtol=1e-12, atol=1e-13)


def test_rows_times_weights_have_torchs_gradients():
    generator = torch.Generator().manual_seed(2)
    shapes = (3, 5, 4), (3, 6, 4), (3, 6)
    given = [torch.randn(s, dtype=torch.float64, generator=generator) for s in shapes]
    rows, weight, bias = (each.requires_grad_() for each in given)
    expected = rows @ weight.transpose(1, 2) + bias[:, None]
    found = RowProduct.apply(rows, weight, bias)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    slope = torch.randn(found.shape, dtype=torch.float64, generator=generator)
    for ours, wanted in zip(
        torch.autograd.grad(found, given, slope),
        torch.autograd.grad(expected, given, slope),
        strict=True,
    ):
        torch.testing.assert_close(ours, wanted, rtol=1e-12, atol=1e-13)


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
