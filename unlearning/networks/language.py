"""Networks of tokens: each predicts the next token from those before it, at every place at once.

They are written over the last two axes of what they are given, ``(batch, tokens)``, so that the
same wiring serves a stack, whose tensors have a leading member axis.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from unlearning.networks.residual import Residual


class Positions(nn.Module):
    """Add a learned vector for each place in the sequence.

    Parameters
    ----------
    context : places
    width : numbers of a place
    """

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(context, width).normal_(std=0.02))

    def forward(self, features: Tensor) -> Tensor:
        """Add to ``(batch, tokens, width)`` the vectors of its places."""
        return features + self.weight[: features.shape[-2]]


class Attention(nn.Module):
    """Let every token look at those before it, and at itself (Vaswani et al. 2017).

    Parameters
    ----------
    width : numbers of a token
    heads : that attend apart from each other; divides the width
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.gather = nn.Linear(width, 3 * width)  # queries, keys and values
        self.give = nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(..., tokens, width)`` to the same shape."""
        tokens, width = features.shape[-2:]
        parts = self.gather(features).view(-1, tokens, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.give(found.transpose(1, 2).reshape(features.shape))


class Transformer(nn.Sequential):
    """An embedding of tokens, their places, and what follows; token 0 stands behind every end."""


class Windows(nn.Module):
    """Put beside each token those right before it; before the first one stands token 0.

    Parameters
    ----------
    size : tokens of a window
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, tokens: Tensor) -> Tensor:
        """Map ``(..., tokens)`` to ``(..., tokens * size)``: window after window."""
        padded = functional.pad(tokens, (self.size - 1, 0))
        return padded.unfold(-1, self.size, 1).flatten(-2)


class Joined(nn.Module):
    """Join the vectors of each window.

    Parameters
    ----------
    size : tokens of a window
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(..., tokens * size, width)`` to ``(..., tokens, size * width)``."""
        return features.unflatten(-2, (-1, self.size)).flatten(-2)


def transformer(
    *, input_shape: tuple[int, ...], classes: int, width: int, layers: int, heads: int
) -> nn.Module:
    """Build a small causal transformer: decoder-only, learned positions, norms first.

    Each layer is attention and a perceptron of twice the width, each added to what it is given.

    Parameters
    ----------
    input_shape : (context,), the most tokens that it sees
    classes : number of tokens
    width : numbers of a token
    layers : one after another
    heads : of the attention, divides the width

    Returns
    -------
    nn.Module
        Maps tokens ``(batch, tokens)`` to logits ``(batch, tokens, classes)`` of the next ones.

    Raises
    ------
    ValueError
        When the heads do not divide the width.
    """
    if width % heads:
        raise ValueError(f"transformer: {heads} heads do not divide the width, {width}")
    (context,) = input_shape
    blocks: list[nn.Module] = []
    for _ in range(layers):
        attention = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
        perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.ReLU(),
            nn.Linear(2 * width, width),
        )
        blocks += [Residual(attention), Residual(perceptron)]
    embedding = nn.Embedding(classes, width)
    nn.init.normal_(embedding.weight, std=0.02)
    return Transformer(
        embedding,
        Positions(context, width),
        *blocks,
        nn.LayerNorm(width),
        nn.Linear(width, classes),
    )


def ngram(
    *, input_shape: tuple[int, ...], classes: int, size: int, width: int, hidden: int
) -> nn.Module:
    """Build an n-gram perceptron (Bengio et al. 2003): the last tokens, one hidden layer, ReLU.

    Parameters
    ----------
    input_shape : (context,)
    classes : number of tokens
    size : tokens that a prediction sees, the n of the n-gram less one
    width : numbers of a token
    hidden : units of the hidden layer

    Returns
    -------
    nn.Module
        As `transformer`.
    """
    return nn.Sequential(
        Windows(size),
        nn.Embedding(classes, width),
        Joined(size),
        nn.Linear(size * width, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )
