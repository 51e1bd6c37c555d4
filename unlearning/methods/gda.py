"""Gradient descent/ascent (GDA): climb on the forget set, descend on the retain set."""

from collections.abc import Collection, Iterator

from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.snapshots import ascend_then_descend


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    epochs: Collection[int],
    ascent_epochs: Collection[int],
) -> Iterator[Snapshot]:
    """In each of the first epochs ascend on the forget set, in every epoch descend on the rest.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size of both passes
    batch_size : points of the retain set in a step
    forget_batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    epochs : epochs after which a snapshot is taken
    ascent_epochs : numbers of epochs with an ascent pass, one branch each
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)

    def ascend(current: Learner, epoch: int) -> None:
        batches = current.forget_batches(forget_batch_size, epoch)
        current.minimise(Learner.negative_cross_entropy, batches)

    def descend(current: Learner, epoch: int) -> None:
        current.minimise(Learner.cross_entropy, current.retain_batches(batch_size, epoch))

    yield from ascend_then_descend(
        learner, ascend=ascend, descend=descend, epochs=epochs, ascent_epochs=ascent_epochs
    )
