"""Datamodel direct (Georgiev et al. 2024): take what datamodels say F adds off the outputs.

No weight changes. The method has no cost of its own: what it needs is the datamodels, whose cost
stands beside its scores.
"""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.trajectories.learner import Learner, Snapshot


def unlearn(
    learner: Learner, *, datamodels: Tensor, strength: float, epochs: Collection[int]
) -> Iterator[Snapshot]:
    """Take off each point's margin what the forget set adds to it, c times.

    m(x) = m_theta_0(x) - c sum over z in F of tau(z, x), arXiv 2410.23232, where c is 1. It is the
    logit of a point's own class that is moved, by which the margin moves as far; a point is
    predicted right where that logit then is the largest. At c = 0 nothing changes, bit for bit.

    Parameters
    ----------
    learner : the pretrained members
    datamodels : (points,) the sum of tau(z, x) over the forget set, for each point x
    strength : c
    epochs : all alike, for nothing is trained
    """
    for epoch in sorted(epochs):
        yield Snapshot(learner, epoch, shift=-strength * datamodels)
