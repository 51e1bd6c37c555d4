"""Margins of an ensemble on every point of the data set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from unlearning.computing.batches import Data
from unlearning.computing.precision import features_in, products_in
from unlearning.networks import stacking

#: Small enough for the hidden layer of a stack to stay in a processor's cache.
POINTS_PER_BATCH = 128

#: Large enough to fill a GPU: 4,096 images of CIFAR-10, 83 of ImageNet.
PIXELS_PER_BATCH = 2**22

#: The same of sequences, whose every token has as many logits as there are tokens.
TOKENS_PER_BATCH = 2**18


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the margin ``z_y - log sum_{k != y} exp z_k`` (Georgiev et al. 2024).

    Parameters
    ----------
    logits : (..., classes)
    labels : (...) int64

    Returns
    -------
    Tensor
        (...) the log-odds of the true class.
    """
    target = labels.unsqueeze(-1)
    others = logits.scatter(-1, target, -torch.inf)
    return logits.gather(-1, target).squeeze(-1) - others.logsumexp(-1)


def points_per_batch(device: torch.device, input_shape: Sequence[int]) -> int:
    """Return how many points to evaluate at once.

    Parameters
    ----------
    device : where
    input_shape : (channels, height, width) of images, (context,) of sequences
    """
    if device.type == "cpu":
        return POINTS_PER_BATCH
    if len(input_shape) == 1:
        return max(1, TOKENS_PER_BATCH // input_shape[0])
    return max(1, PIXELS_PER_BATCH // (input_shape[1] * input_shape[2]))


def members_at_once(device: torch.device, members: int) -> int:
    """Return how many members to evaluate as one network: on a GPU one, whose points fill it."""
    return members if device.type == "cpu" else 1


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Keep a network in evaluation mode and without gradients inside the block."""
    with evaluation_mode(network), torch.no_grad():
        yield


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Keep a network in evaluation mode inside the block, BatchNorm by its running statistics."""
    modes = [(layer, layer.training) for layer in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode


def _batches(
    network: nn.Module, data: Data, members: int, precision: str
) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield members, points and their logits (members, points, ...), until all have come."""
    device = data.inputs.device
    at_once = members_at_once(device, members)
    size = points_per_batch(device, data.inputs.shape[1:])
    for first in range(0, members, at_once):
        # Either all members, or one after another.
        part = network if at_once == members else stacking.alone(network, first)
        start = 0
        for inputs in data.in_order(size):
            with features_in(precision, device):
                scores = part(inputs.expand(at_once, *inputs.shape))
            yield slice(first, first + at_once), slice(start, start := start + len(inputs)), scores


def logits(network: nn.Module, data: Data, members: int, precision: str = "float32") -> Tensor:
    """Return the logits of every member on every point, in evaluation mode.

    Parameters
    ----------
    network : stacked network of ``members`` members; its mode is left as it was
    data : all points of the data set
    members : M
    precision : that the network computes in

    Returns
    -------
    Tensor
        (members, points, classes), of sequences (members, points, context, classes)
    """
    found: Tensor | None = None
    with evaluating(network), products_in(precision):
        for group, points, scores in _batches(network, data, members, precision):
            if found is None:
                found = scores.new_empty(members, len(data.labels), *scores.shape[2:])
            found[group, points] = scores
    assert found is not None  # there is no data set without points
    return found


def evaluate(
    network: nn.Module,
    data: Data,
    members: int,
    precision: str = "float32",
    shift: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the margins of every member on every point, and whether its class is predicted.

    Parameters
    ----------
    network, data, members, precision : as in `logits`
    shift : (points,) added to the logit of each point's own class, and so to its margin; none of
        sequences

    Returns
    -------
    margins : (members, predictions) float32, non-finite where a member has diverged: one of each
        point, or of each token of each sequence, sequence after sequence
    correct : (members, predictions) bool, False where a member has diverged
    """
    margins = torch.empty(members, *data.labels.shape, device=data.labels.device)
    correct = torch.empty_like(margins, dtype=torch.bool)
    with evaluating(network), products_in(precision):
        for group, points, scores in _batches(network, data, members, precision):
            # What lies behind the end of a sequence is taken for token 0, and left out below.
            labels = data.labels[points].clamp(min=0).expand(scores.shape[:-1])
            if shift is not None:
                # A copy in the same layout: a shift of 0 changes no bit of what follows.
                own = shift[points].to(scores.dtype).expand(len(scores), -1)
                scores = scores.clone().scatter_add_(-1, labels.unsqueeze(-1), own.unsqueeze(-1))
            margins[group, points] = margin(scores, labels)
            # The class axis of a stack is not the last in memory, where argmax is slow.
            right = scores.contiguous().argmax(-1) == labels
            correct[group, points] = right & scores.abs().amax(-1).isfinite()
    if data.lengths is None:
        return margins, correct
    places = data.labels.flatten().ge(0).nonzero().squeeze(1)
    return margins.flatten(1)[:, places], correct.flatten(1)[:, places]
