"""SalUn (Fan et al. 2024): random labels that move only the weights the forget set cares for."""

from collections.abc import Collection, Iterator, Sequence

import torch
from torch import Tensor

from unlearning.methods import random_labels
from unlearning.trajectories.learner import Learner, Snapshot


def least(gradients: Sequence[Tensor], share: float) -> list[Tensor]:
    """Return which weights are not among each member's share of largest absolute gradients.

    Parameters
    ----------
    gradients : (members, ...) for each parameter
    share : of the weights of a member, all parameters together, rounded to a number of them

    Returns
    -------
    list of Tensor
        (members, ...) bool for each parameter.
    """
    sizes = torch.cat([gradient.flatten(1).abs() for gradient in gradients], 1)
    largest = sizes.topk(round(share * sizes.shape[1]), dim=1, sorted=False).indices
    left = torch.ones_like(sizes, dtype=torch.bool).scatter_(1, largest, False)
    parts = left.split([gradient[0].numel() for gradient in gradients], 1)
    return [part.reshape(gradient.shape) for part, gradient in zip(parts, gradients, strict=True)]


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    retain_share: float,
    salient_share: float,
    epochs: Collection[int],
    labels: str = "fixed",
) -> Iterator[Snapshot]:
    """Run `random_labels`, in which only the salient weights move.

    Salient are the weights with the largest |gradient of L_F| at the pretrained weights (arXiv
    2310.12508, the mask 1(|gradient| >= γ) with γ the median in the paper's experiments), found
    with BatchNorm's pretrained statistics. The published code (generate_mask.py of
    github.com/OPTML-Group/Unlearn-Saliency, one version of which was read) differs: it takes a step
    of SGD after each batch whose gradient it sums, and marks the ranks from the smallest on. Here
    nothing moves while the mask is found, and it marks the largest, as the text says. What
    `random_labels` says of labels holds here too.

    Zero strength is learning rate 0, or share 0, which moves nothing but BatchNorm's statistics;
    share 1 is `random_labels`. The mask costs a gradient of every forgotten point, once; an epoch
    costs what one of `random_labels` does.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate, batch_size, forget_batch_size, batch_norm : as in `random_labels`
    retain_share, epochs, labels : as in `random_labels`
    salient_share : of each member's weights that move, 0 to 1
    """
    saliency = learner.mean_gradients(learner.forget_batches(forget_batch_size, 0))
    learner.hold(least(saliency, salient_share))
    yield from random_labels.unlearn(
        learner,
        learning_rate=learning_rate,
        batch_size=batch_size,
        forget_batch_size=forget_batch_size,
        batch_norm=batch_norm,
        retain_share=retain_share,
        epochs=epochs,
        labels=labels,
    )
