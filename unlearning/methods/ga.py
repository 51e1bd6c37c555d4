"""Gradient ascent (GA): climb the loss of the forget set."""

from collections.abc import Collection, Iterator

from unlearning.trajectories.learner import Learner, Snapshot


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Ascend on the forget set only (paper, Sec. 2).

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size
    batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    epochs : passes over the forget set after which a snapshot is taken
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    for epoch in range(1, max(epochs) + 1):
        learner.minimise(Learner.negative_cross_entropy, learner.forget_batches(batch_size, epoch))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
