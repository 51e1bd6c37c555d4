"""Datamodel matching (Georgiev et al. 2024): move to where datamodels expect the oracles.

Datamodels of this study foretell margins. So margins are matched here, where the paper matches
logits, which take a datamodel of every class.
"""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.ensembles.margins import margin
from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.matching import match


def unlearn(
    learner: Learner,
    *,
    datamodels: Tensor,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    retain_ratio: float,
    epochs: Collection[int],
    optimizer: str = "adam",
) -> Iterator[Snapshot]:
    """Descend the squared distance to the margins that datamodels expect without F.

    With m the margin, tau(z, x) what a training point z adds to that of x, and theta_0 the
    member's own pretrained weights: min_theta of the mean over x in F and R' of
    (m_theta(x) - (m_theta_0(x) - sum over z in F of tau(z, x)))^2, after arXiv 2410.23232. The
    targets are computed once, before the member moves. Not checked against its text: that the
    member's own output is what is corrected, not the mean of an ensemble.

    Parameters
    ----------
    learner : the pretrained members
    datamodels : (points,) the sum of tau(z, x) over the forget set, for each point x
    learning_rate, batch_size, batch_norm, retain_ratio, epochs, optimizer : as in
        `unlearning.trajectories.matching.match`
    """
    target = margin(learner.teacher_logits(), learner.data.labels.expand(learner.members, -1))
    target = target - datamodels

    def distance(current: Learner, batch: Tensor) -> Tensor:
        found = margin(*current.logits(batch))
        return (found - target.gather(1, batch)).square().sum() / batch.shape[1]

    yield from match(
        learner,
        distance,
        learning_rate=learning_rate,
        batch_size=batch_size,
        batch_norm=batch_norm,
        retain_ratio=retain_ratio,
        optimizer=optimizer,
        epochs=epochs,
    )
