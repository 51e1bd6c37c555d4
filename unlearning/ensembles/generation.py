"""Texts that members make up, one token after another."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unlearning.computing.batches import HALF, Data, numbers
from unlearning.ensembles.margins import evaluating

#: What a member has random numbers for: these are told apart from those of its training by a key.
GENERATED = 5


def generate(network: nn.Module, data: Data, seeds: Sequence[int], count: int) -> NDArray[np.uint8]:
    """Draw texts from every member, by the probabilities that it gives to the next token.

    Parameters
    ----------
    network : stacked network of tokens
    data : the data set, whose context bounds a text
    seeds : (members,) by which each member draws
    count : texts of each member

    Returns
    -------
    ndarray of uint8
        (members, count, context), as a network is given texts; one that does not end within the
        context is cut off.
    """
    members, context = len(seeds), data.inputs.shape[1]
    device = data.inputs.device
    drawn = numbers(seeds, count * context, GENERATED, device=device)
    chances = ((drawn >> 32) & HALF).double().add_(0.5).div_(2**32).view(members, count, context)
    tokens = torch.zeros(members, count, context, dtype=torch.int64, device=device)
    going = torch.ones(members, count, dtype=torch.bool, device=device)
    with evaluating(network):
        for place in range(1, context):
            logits = network(tokens[:, :, :place])[:, :, -1].double()
            tokens[:, :, place] = torch.where(going, _drawn(logits, chances[:, :, place]), 0)
            going &= tokens[:, :, place] > 0
    return np.asarray(tokens.to("cpu", torch.uint8).numpy())


def _drawn(logits: Tensor, chances: Tensor) -> Tensor:
    """Return a token of each (...) by its probability under logits (..., tokens)."""
    reached = logits.softmax(-1).cumsum(-1)
    # A member that has diverged says nothing: its numbers compare as false.
    return (reached[..., :-1] < chances.unsqueeze(-1)).sum(-1)
