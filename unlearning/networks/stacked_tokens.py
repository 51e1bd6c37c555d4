"""Layers of networks of tokens as many members have them side by side; see `stacking`.

Inside such a stack tensors are ``(members, batch, tokens, ...)``.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from unlearning.networks.language import Attention, Positions


def repeated(parameter: Tensor, members: int) -> nn.Parameter:
    """Return a parameter with a leading member axis, each member with a copy of its own."""
    return nn.Parameter(parameter.detach().expand(members, *parameter.shape).clone())


class StackedEmbedding(nn.Module):
    """One table of all members' vectors, looked up at once."""

    def __init__(self, layer: nn.Embedding, members: int) -> None:
        super().__init__()
        if layer.padding_idx is not None or layer.max_norm is not None:
            raise ValueError("only plain embeddings can be stacked")
        self.weight = repeated(layer.weight, members)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map ``(members, ...)`` to ``(members, ..., width)``."""
        members, rows, _ = self.weight.shape
        first = torch.arange(members, device=tokens.device) * rows
        places = tokens + first.view(-1, *[1] * (tokens.dim() - 1))
        return functional.embedding(places, self.weight.flatten(0, 1))


class StackedPositions(nn.Module):
    """The learned places of every member."""

    def __init__(self, layer: Positions, members: int) -> None:
        super().__init__()
        self.weight = repeated(layer.weight, members)

    def forward(self, features: Tensor) -> Tensor:
        """Add to ``(members, batch, tokens, width)`` the vectors of its places."""
        return features + self.weight[:, None, : features.shape[-2]]


class StackedLayerNorm(nn.Module):
    """One normalisation of every row, and then each member's own scale and shift."""

    def __init__(self, layer: nn.LayerNorm, members: int) -> None:
        super().__init__()
        if len(layer.normalized_shape) != 1 or layer.weight is None or layer.bias is None:
            raise ValueError("only LayerNorm over the last axis, with scale and shift, is stacked")
        self.eps = layer.eps
        self.weight = repeated(layer.weight, members)
        self.bias = repeated(layer.bias, members)

    def forward(self, features: Tensor) -> Tensor:
        """Normalise ``(members, ..., width)`` over its last axis."""
        found = functional.layer_norm(features, features.shape[-1:], eps=self.eps)
        shape = (len(self.weight), *[1] * (features.dim() - 2), -1)
        return torch.addcmul(self.bias.view(shape), found, self.weight.view(shape))


class StackedAttention(Attention):
    """Attention of all members by batched products; its linear layers are those of a stack."""

    def attend(self, parts: Tensor) -> Tensor:
        """Map queries, keys and values as `Attention` does."""
        _, rows, heads, tokens, width = parts.shape
        found: Tensor = ShortAttention.apply(parts.reshape(3, rows * heads, tokens, width))
        return found.view(rows, heads, tokens, width).transpose(1, 2)


class ShortAttention(torch.autograd.Function):
    """Causal attention over many sequences of a few tokens, with the gradient written out.

    torch's own kernels are made for long sequences: on one thread a softmax over a dozen numbers
    takes them ten times as long as the products around it. Here scores have the keys before the
    queries, so that all that goes over keys works on neighbouring queries at once.
    """

    @staticmethod
    def forward(ctx: Any, parts: Tensor) -> Tensor:
        """Map ``(3, sequences, tokens, width)`` to ``(sequences, tokens, width)``."""
        query, key, value = parts.unbind()
        query = query * query.shape[-1] ** -0.5
        scores = torch.bmm(key, query.transpose(1, 2))  # (sequences, keys, queries)
        later = torch.ones(scores.shape[1:], dtype=torch.bool, device=parts.device).tril(-1)
        scores.masked_fill_(later, -torch.inf)
        scores.sub_(scores.amax(1, keepdim=True)).exp_()
        scores.div_(scores.sum(1, keepdim=True))
        found = torch.bmm(scores.transpose(1, 2), value)
        ctx.save_for_backward(query, key, value, scores, found)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Return the gradient of ``parts``."""
        query, key, value, shares, found = ctx.saved_tensors
        (given,) = gradients
        into = torch.empty(3, *query.shape, dtype=query.dtype, device=query.device)
        torch.bmm(shares, given, out=into[2])
        scores = torch.bmm(value, given.transpose(1, 2))
        scores.sub_((given * found).sum(-1).unsqueeze(1)).mul_(shares)
        torch.bmm(scores, query, out=into[1])
        torch.bmm(scores.transpose(1, 2), key, out=into[0])
        into[0].mul_(query.shape[-1] ** -0.5)
        return into
