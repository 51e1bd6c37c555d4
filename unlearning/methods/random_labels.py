"""Random labels: descend on the forget set under wrong labels, and on the rest under its own."""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.ensembles.training import cross_entropy
from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.losses import of_points, wrong_labels


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    retain_share: float,
    epochs: Collection[int],
    labels: str = "fixed",
) -> Iterator[Snapshot]:
    """In each epoch descend on F under labels drawn among the wrong classes, then on R.

    Graves, Nagisetty and Ganesh (2021, arXiv 2010.10981), where it is a part of *amnesiac*
    unlearning, and Golatkar et al. (2020). That labels are drawn among the wrong classes alone was
    not checked against either text: the code of SalUn (github.com/OPTML-Group/Unlearn-Saliency)
    draws among all classes, anew in every epoch, and on CIFAR-10 passes over F and R in this order.

    Zero strength is learning rate 0. An epoch costs a gradient of every forgotten point and of the
    share of the retain set.

    Parameters
    ----------
    learner : the pretrained members
    learning_rate : step size of both passes
    batch_size : points of the retain set in a step
    forget_batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    retain_share : of the retain set that each epoch goes through, 0 to 1; others in every epoch
    epochs : epochs after which a snapshot is taken
    labels : ``"fixed"`` gives each point of each member one wrong label; ``"each_epoch"`` draws
        them anew
    """
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)
    drawn = learner.point_numbers()

    def relabelled(current: Learner, batch: Tensor) -> Tensor:
        logits, true = current.logits(batch)
        wrong = wrong_labels(true, of_points(drawn, batch), logits.shape[-1])
        return cross_entropy(logits, wrong)

    for epoch in range(1, max(epochs) + 1):
        if labels == "each_epoch":
            drawn.copy_(learner.point_numbers(epoch))  # in place, where a recorded step finds them
        learner.minimise(relabelled, learner.forget_batches(forget_batch_size, epoch))
        if retain_share:
            kept = learner.retain_batches(batch_size, epoch, retain_share)
            learner.minimise(Learner.cross_entropy, kept)
        if epoch in epochs:
            yield Snapshot(learner, epoch)
