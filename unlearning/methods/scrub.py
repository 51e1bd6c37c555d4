"""SCRUB (Kurmanji et al. 2023): move away from the teacher on F, stay with it on R."""

from collections.abc import Collection, Iterator, Sequence

from torch import Tensor

from unlearning.ensembles.training import cross_entropy
from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.losses import divergence, of_points
from unlearning.trajectories.snapshots import ascend_then_descend


def distillation(
    student: Tensor, teacher: Tensor, temperature: float, labels: Tensor | None = None
) -> Tensor:
    """Return the sum over members of T^2 KL(teacher || student), both softened by T.

    Parameters
    ----------
    student, teacher, labels : as `divergence` takes them
    temperature : T > 0

    Returns
    -------
    Tensor
        Scalar: the mean over each member's batch, summed over members.
    """
    return divergence(student, teacher, temperature, labels) * temperature**2


def unlearn(
    learner: Learner,
    *,
    learning_rate: float,
    batch_size: int,
    forget_batch_size: int,
    batch_norm: str,
    alpha: float,
    gamma: float,
    temperature: float,
    decay_rate: float,
    decay_epochs: Sequence[int],
    epochs: Collection[int],
    ascent_epochs: Collection[int],
    student: str = "trained",
) -> Iterator[Snapshot]:
    """Train the student: away from the teacher on F in the first epochs, towards it on R in all.

    The teacher is the pretrained ensemble; its logits are computed once, before the student moves.

    Parameters
    ----------
    learner : the pretrained members, who become the students
    learning_rate : step size of both passes before any decay
    batch_size : points of the retain set in a step
    forget_batch_size : points of the forget set in a step
    batch_norm : ``"train"`` or ``"frozen"``
    alpha : weight of the distillation term on the retain set
    gamma : weight of the cross-entropy on the retain set
    temperature : softening of both distributions
    decay_rate : factor on the learning rate after each of ``decay_epochs``
    decay_epochs : epochs after which the learning rate decays
    epochs : epochs after which a snapshot is taken
    ascent_epochs : numbers of epochs with an ascent pass, one branch each
    student : ``"trained"``, or ``"frozen"`` as published: the optimizer held the teacher's weights,
        so every step was taken and only the student's BatchNorm statistics moved
    """
    if student == "frozen":
        learning_rate = 0.0
    teacher = learner.teacher_logits()
    learner.start(learning_rate=learning_rate, batch_norm=batch_norm)

    def enter(current: Learner, epoch: int) -> None:
        decays = sum(epoch > after for after in decay_epochs)
        current.set_learning_rate(learning_rate * decay_rate**decays)

    def leave(current: Learner, batch: Tensor) -> Tensor:
        student, labels = current.logits(batch)
        return -distillation(student, of_points(teacher, batch), temperature, labels)

    def follow(current: Learner, batch: Tensor) -> Tensor:
        student, labels = current.logits(batch)
        fit = cross_entropy(student, labels)
        stay = distillation(student, of_points(teacher, batch), temperature, labels)
        return gamma * fit + alpha * stay

    def ascend(current: Learner, epoch: int) -> None:
        enter(current, epoch)
        current.minimise(leave, current.forget_batches(forget_batch_size, epoch))

    def descend(current: Learner, epoch: int) -> None:
        enter(current, epoch)
        current.minimise(follow, current.retain_batches(batch_size, epoch))

    yield from ascend_then_descend(
        learner, ascend=ascend, descend=descend, epochs=epochs, ascent_epochs=ascent_epochs
    )
