"""Interleaved descent/ascent: every step descends on the retain set and climbs on the other."""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.trajectories.learner import Joint, Learner, Snapshot


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    forget_weight: float,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """In every step descend L_R - c L_F, each on a batch of its own.

    This is how "gradient difference" is commonly read (Liu, Liu and Stone 2022, arXiv 2203.12817);
    the published GDA takes a whole pass of ascent, then one of descent. Neither the paper's
    equation nor its default of c was at hand here.

    Zero strength is learning rate 0; at c = 0 the weights are those of `finetune`. BatchNorm in
    training mode sees the forget batches even then, after the retain batch of the same step. An
    epoch costs a gradient of every retained point and, beside each of its steps, of a forget batch:
    the forget set is gone through as often as that takes.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size
    batch_size : points of the retain set in a step
    forget_batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    forget_weight : c >= 0
    epochs : passes over the retain set after which a snapshot is taken
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)

    def difference(current: Learner, batch: Joint) -> Tensor:
        kept = current.cross_entropy(batch.retain)
        return kept - forget_weight * current.cross_entropy(batch.forget)

    for epoch in range(1, max(epochs) + 1):
        learner.minimise(difference, learner.joint_batches(forget_batch_size, batch_size, epoch))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
