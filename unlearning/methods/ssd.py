"""Selective synaptic dampening (Foster et al. 2024): shrink the weights that matter most to F."""

from collections.abc import Collection, Iterator, Sequence

import torch
from torch import Tensor

from unlearning.trajectories.learner import FORGET, RETAIN, Learner, Snapshot


@torch.no_grad()
def dampen(
    parameters: Sequence[Tensor],
    of_forget: Sequence[Tensor],
    of_all: Sequence[Tensor],
    selection: float,
    dampening: float,
) -> None:
    """Shrink weights in place: where I_F > a I_D, by the factor min(b I_D / I_F, 1).

    Parameters
    ----------
    parameters : (members, ...) weights
    of_forget, of_all : importances I_F and I_D of the same shapes
    selection, dampening : a and b
    """
    for weights, mine, every in zip(parameters, of_forget, of_all, strict=True):
        # An infinite a times an importance of 0 is no number, than which nothing is larger.
        selected = mine > selection * every
        factor = (dampening * every / mine).clamp(max=1.0)
        weights.mul_(torch.where(selected, factor, 1.0))


def unlearn(
    learner: Learner,
    *,
    batch_size: int,
    selection: float,
    dampening: float,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Dampen once what is more important to F than to all training points D; train nothing.

    arXiv 2308.07707, Eq. 5-7 by memory: a weight's importance I_S is the mean over S of the squared
    gradient of its points' loss (the diagonal of the empirical Fisher matrix), with BatchNorm's
    pretrained statistics. Weights, BatchNorm's scales and shifts among them, with I_F > a I_D are
    multiplied by min(b I_D / I_F, 1); the paper's α and λ are a and b, with 10 and 1 its choice
    for ResNet-18.

    The squares are those of single points if ``batch_size`` is 1, as the text has it. The published
    code squares the gradient of a batch's mean loss, which a larger size does here; its batches
    count alike, ours by their points.

    Zero strength is a = inf: no weight is selected. It costs a gradient of every forgotten and of
    every retained point, once; learning rate, epochs and BatchNorm's mode it has none.

    Parameters
    ----------
    learner : the pretrained members
    batch_size : points whose gradients are squared together
    selection : a >= 0, infinite to select nothing
    dampening : b >= 0
    epochs : 1 alone, since it is done once
    """
    forget = learner.mean_gradients(learner.forget_batches(batch_size, 1), power=2)
    retain = learner.mean_gradients(learner.retain_batches(batch_size, 1), power=2)
    sizes = [len(learner.points[which]) for which in (FORGET, RETAIN)]
    share = sizes[FORGET] / sum(sizes)
    every = [torch.lerp(kept, mine, share) for mine, kept in zip(forget, retain, strict=True)]
    dampen(learner.optimizer.parameters, forget, every, selection, dampening)
    for epoch in epochs:
        yield Snapshot(learner, epoch)
