"""Descend towards given outputs, on the forget set and a random part of the retain set."""

from collections.abc import Collection, Iterator

from unlearning.computing.steps import Loss
from unlearning.trajectories.learner import FORGET, RETAIN, Learner, Snapshot


def match(
    learner: Learner,
    loss: Loss,
    *,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    retain_ratio: float,
    optimizer: str,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Descend a distance to what is to be matched (Georgiev et al. 2024).

    Parameters
    ----------
    learner : the pretrained members
    loss : a sum over members, of a learner and a batch
    learning_rate : step size
    batch_size : points of both sets together in a step
    batch_norm : ``"train"`` or ``"frozen"``
    retain_ratio : r, points of the retain set to one of the forget set, at most all there are:
        every member draws its own, anew in every epoch
    optimizer : ``"adam"`` as published, or ``"sgd"`` with the momentum of the run's conditions
    epochs : passes over both after which a snapshot is taken
    """
    if optimizer == "adam":
        learner.use_adam()
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    forget, retain = (len(learner.points[which]) for which in (FORGET, RETAIN))
    share = min(1.0, retain_ratio * forget / retain)
    for epoch in range(1, max(epochs) + 1):
        learner.minimise(loss, learner.mixed_batches(batch_size, epoch, share))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
