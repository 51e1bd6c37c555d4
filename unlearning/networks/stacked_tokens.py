"""Layers of networks of tokens as many members have them side by side; see `stacking`.

Inside such a stack tensors are ``(members, batch, tokens, ...)``.
"""

import math
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from unlearning.networks.language import Attention, Positions, Transformer


def repeated(parameter: Tensor, members: int) -> nn.Parameter:
    """Return a parameter with a leading member axis, each member with a copy of its own."""
    return nn.Parameter(parameter.detach().expand(members, *parameter.shape).clone())


class RowProduct(torch.autograd.Function):
    """Rows times the transposed weights of their member, plus its bias, with the gradient.

    torch finds the gradient of the transposed weights, and copies it into the order of the weights.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Map ``(members, rows, in)`` to ``(members, rows, out)``."""
        ctx.save_for_backward(rows, weight)
        return torch.baddbmm(bias.unsqueeze(1), rows, weight.transpose(1, 2))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of rows, weights and bias."""
        rows, weight = ctx.saved_tensors
        (given,) = gradients
        return torch.bmm(given, weight), torch.bmm(given.transpose(1, 2), rows), given.sum(1)


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


class Packing(NamedTuple):
    """Where the tokens of sequences are that have been put one behind the other.

    Attributes
    ----------
    shape : members, batch and tokens of a sequence, as they were
    slots : (members * packed tokens,) of each the number of its place in that shape
    first, lengths : (members * batch,) of each sequence where it begins, and its tokens
    """

    shape: tuple[int, int, int]
    slots: Tensor
    first: Tensor
    lengths: Tensor

    def pack(self, features: Tensor) -> Tensor:
        """Map ``(members, batch, tokens, width)`` to ``(members, 1, packed tokens, width)``."""
        rows = features.flatten(0, 2).index_select(0, self.slots)
        return rows.view(len(features), 1, -1, rows.shape[1])

    def unpack(self, features: Tensor) -> Tensor:
        """Map them back, with 0 where no token was taken from."""
        rows = features.flatten(0, 2)
        whole = rows.new_zeros(math.prod(self.shape), rows.shape[1])
        return whole.index_copy(0, self.slots, rows).view(*self.shape, -1)


def packing(tokens: Tensor) -> Packing:
    """Find out which tokens stand before the end of their sequences.

    A member has as many packed tokens as the one with most; those that it lacks are taken from
    behind its ends.

    Parameters
    ----------
    tokens : (members, batch, tokens), behind its end a sequence has nothing but 0
    """
    members, batch, length = tokens.shape
    last = torch.arange(1, length + 1).mul(tokens.ne(0)).amax(-1)
    lengths = last.clamp_min_(1)  # (members, batch)
    ends = lengths.cumsum(1)
    packed = int(ends[:, -1].max())
    behind = torch.arange(length) >= lengths[..., None]
    order = behind.view(members, -1).to(torch.uint8).argsort(dim=1, stable=True)[:, :packed]
    slots = order + torch.arange(0, tokens.numel(), batch * length).view(-1, 1)
    first = ends - lengths + torch.arange(0, members * packed, packed).view(-1, 1)
    shape = (members, batch, length)
    return Packing(shape, slots.flatten(), first.flatten(), lengths.flatten())


class StackedTransformer(Transformer):
    """Many transformers, of which on a processor none computes what is behind a sequence's end.

    Members have batches of their own: the longest sequence of all is as long as any, and a third of
    what would be computed goes unread. A GPU computes it: its recorded steps have shapes that stay.
    """

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens ``(members, batch, tokens)`` to logits; packed, anything behind an end."""
        if tokens.device.type != "cpu":
            return cast(Tensor, super().forward(tokens))
        embedding, positions, *layers = self
        packed = packing(tokens)
        features = packed.pack(positions(embedding(tokens)))
        for layer in self.modules():
            if isinstance(layer, StackedAttention):
                layer.packing = packed
        for layer in layers:
            features = layer(features)
        return packed.unpack(features)


class StackedAttention(Attention):
    """Attention of all members; its linear layers are those of a stack."""

    packing: Packing | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(members, batch, tokens, width)``, packed or not, to the same shape."""
        parts, width = self.gather(features), features.shape[-1]
        split = (3, self.heads, width // self.heads)
        if self.packing is not None:
            found = PackedAttention.apply(parts.view(-1, *split), self.packing)
        else:
            parts = parts.view(-1, features.shape[-2], *split).permute(2, 0, 3, 1, 4)
            sequences = parts.flatten(1, 2)
            found = ShortAttention.apply(sequences).unflatten(0, parts.shape[1:3]).transpose(1, 2)
        return self.give(found.reshape(features.shape))


class PackedAttention(torch.autograd.Function):
    """Causal attention over packed sequences, by loops that are compiled for a processor.

    Its gradient has none: what asks for one is refused.
    """

    @staticmethod
    def forward(ctx: Any, parts: Tensor, packed: Packing) -> Tensor:
        """Map ``(tokens, 3, heads, width of a head)`` to ``(tokens, heads, width of a head)``."""
        # Here, because networks of images start without numba.
        from unlearning.networks import attention_kernel

        double = parts.dtype == torch.float64
        attend = attention_kernel.attend_float64 if double else attention_kernel.attend_float32
        sequences, longest = len(packed.first), packed.shape[-1]
        found = parts.new_zeros(len(parts), *parts.shape[2:])
        shares = parts.new_empty(sequences, parts.shape[2], longest, longest)
        attend(*(each.detach().numpy() for each in (parts, *packed[2:], shares, found)))
        ctx.save_for_backward(parts, shares)
        ctx.packed = packed
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Return the gradient of ``parts``."""
        from unlearning.networks import attention_kernel

        parts, shares = ctx.saved_tensors
        double = parts.dtype == torch.float64
        descend = attention_kernel.descend_float64 if double else attention_kernel.descend_float32
        into, given = torch.zeros_like(parts), gradients[0].contiguous()
        arrays = (parts, *ctx.packed[2:], shares, given, into)
        descend(*(each.detach().numpy() for each in arrays))
        return into, None


class ShortAttention(torch.autograd.Function):
    """Causal attention over many sequences of one length, with the gradient written out.

    torch's own kernels are made for long sequences. Here scores have the keys before the queries,
    so that all that goes over keys works on neighbouring queries at once.
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
    @once_differentiable
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
