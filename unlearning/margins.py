"""Margins of an ensemble on every point of the data set."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unlearning.batches import Data

#: Small enough for the hidden layer of a stack to stay in a processor's cache.
POINTS_PER_BATCH = 128


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


def stored(margins: NDArray[np.float32], dtype: str) -> NDArray[np.floating]:
    """Return margins in the type that they are kept on disk in.

    Parameters
    ----------
    margins : any shape
    dtype : ``"float32"``, or ``"float16"``: three digits, finite margins cut to +-65,504
    """
    if dtype == "float32":
        return margins
    largest = np.finfo(dtype).max
    cut = np.where(np.isfinite(margins), np.clip(margins, -largest, largest), margins)
    return cut.astype(dtype)


@torch.no_grad()
def logits(network: nn.Module, data: Data, members: int) -> Tensor:
    """Return the logits of every member on every point, in evaluation mode.

    Parameters
    ----------
    network : stacked network of ``members`` members; its mode is left as it was
    data : all points of the data set
    members : M

    Returns
    -------
    Tensor
        (members, points, classes)
    """
    modes = [(layer, layer.training) for layer in network.modules()]
    network.eval()
    parts = [
        network(images.expand(members, *images.shape)) for images in data.in_order(POINTS_PER_BATCH)
    ]
    for layer, mode in modes:
        layer.training = mode
    return torch.cat(parts, dim=1)


def evaluate(
    network: nn.Module, data: Data, members: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the margins of every member on every point, and whether its class is predicted.

    Returns
    -------
    margins : (members, points) float32, non-finite where a member has diverged
    correct : (members, points) bool, False where a member has diverged
    """
    scores = logits(network, data, members)
    labels = data.labels.expand(members, -1)
    correct = (scores.argmax(-1) == labels) & scores.isfinite().all(-1)
    return margin(scores, labels).float().cpu().numpy(), correct.cpu().numpy()
