"""Noisy descent (Chien et al. 2024): descend on the retain set while noise blurs where from."""

from collections.abc import Collection, Iterator, Sequence
from math import inf, isfinite, sqrt

import torch
from torch import Tensor

from unlearning.trajectories.learner import Learner, Snapshot


@torch.no_grad()
def project(parameters: Sequence[Tensor], radius: float) -> None:
    """Bring each member's weights, all parameters together, into a ball around 0, in place.

    Parameters
    ----------
    parameters : (members, ...)
    radius : of the ball
    """
    squares = [weights.flatten(1).square().sum(1) for weights in parameters]
    factor = (radius / torch.stack(squares).sum(0).sqrt()).clamp(max=1.0)
    for weights in parameters:
        weights.mul_(factor.view(-1, *[1] * (weights.dim() - 1)))


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    noise: float,
    epochs: Collection[int],
    radius: float = inf,
) -> Iterator[Snapshot]:
    """Take steps θ <- θ - η grad L_R + sqrt(2 η) σ ξ, each on a batch of the retain set.

    Langevin unlearning (arXiv 2401.10371), on mini-batches (arXiv 2403.17105), where each step is
    projected onto a ball. Their guarantee is for models that were *trained* with this noise and
    projection; these were not, so none holds here. The scale sqrt(2 η) σ is from memory of the
    text, as is that batches are cyclic there: here each epoch has an order of its own.

    ξ is standard normal, of each member, epoch and step its own, by the member's seed. Zero
    strength is η = 0, in which there is no noise either; σ = 0 is `finetune`. An epoch costs a
    gradient of every retained point.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : η
    batch_size : points of the retain set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    noise : σ >= 0
    epochs : passes over the retain set after which a snapshot is taken
    radius : of the ball around 0 that weights are projected onto; infinite projects nothing
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    scale = sqrt(2 * learning_rate) * noise
    for epoch in range(1, max(epochs) + 1):
        for step, batch in enumerate(learner.retain_batches(batch_size, epoch)):
            learner.minimise(Learner.cross_entropy, [batch])
            if scale:
                learner.perturb(scale, epoch, step)
            if isfinite(radius):
                project(learner.optimizer.parameters, radius)
        if epoch in epochs:
            yield Snapshot(learner, epoch)
