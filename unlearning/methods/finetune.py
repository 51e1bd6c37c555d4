"""Fine-tuning: go on with descent on the retain set, and leave forgetting to time."""

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
    """Descend L_R from the pretrained weights (a baseline of most papers; Golatkar et al. 2020).

    Zero strength is learning rate 0. An epoch costs a gradient of every retained point.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size
    batch_size : points of the retain set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    epochs : passes over the retain set after which a snapshot is taken
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    for epoch in range(1, max(epochs) + 1):
        learner.minimise(Learner.cross_entropy, learner.retain_batches(batch_size, epoch))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
