"""Bad teacher (Chundawat et al. 2023): learn F from a network that knows nothing, R from θ0."""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.trajectories.learner import FORGET, Learner, Snapshot
from unlearning.trajectories.losses import divergence, of_points


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    retain_share: float,
    temperature: float,
    epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Descend KL(teacher || student), whose teacher is a random network on F and θ0 on R.

    arXiv 2205.08096: with l = 1 on F and 0 on R the loss of a point is
    (1 - l) KL(competent || student) + l KL(incompetent || student), over F and a part of R shuffled
    together. Text and default (30 % of R) are from memory. The published code
    (github.com/vikram2000b/bad-teaching-unlearning) takes Adam, and torch's mean over points and
    classes where the divergence is a sum over classes: a factor of the learning rate. Here it is
    the divergence, without a factor of T², and SGD; and the part of R is another in every epoch.

    Zero strength is learning rate 0. An epoch costs a gradient of every forgotten point and of the
    share of the retain set. Both teachers are asked once, before the first step: two forward
    passes over all points of the data set, which are no gradients and not counted as such.

    Parameters
    ----------
    learner : the pretrained members, who become the students
    learning_rate : step size
    batch_size : points of both sets in a step
    batch_norm : ``"train"`` or ``"frozen"``
    retain_share : of the retain set that each epoch goes through, 0 to 1
    temperature : T, softens both distributions
    epochs : epochs after which a snapshot is taken
    """
    teacher, forget = learner.teacher_logits(), learner.points[FORGET]
    teacher[:, forget] = learner.untrained_logits()[:, forget]
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)

    def follow(current: Learner, batch: Tensor) -> Tensor:
        student, labels = current.logits(batch)
        return divergence(student, of_points(teacher, batch), temperature, labels)

    for epoch in range(1, max(epochs) + 1):
        learner.minimise(follow, learner.mixed_batches(batch_size, epoch, retain_share))
        if epoch in epochs:
            yield Snapshot(learner, epoch)
