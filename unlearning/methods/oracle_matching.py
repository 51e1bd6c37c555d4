"""Oracle matching (Georgiev et al. 2024): move the logits to the mean logits of some oracles.

It is told the answer: the oracles have been trained without the forget set, as those are that it is
scored against, but they are others. What training them took stands beside its scores.
"""

from collections.abc import Collection, Iterator

from torch import Tensor

from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.matching import match


def squared_distance(outputs: Tensor, wanted: Tensor) -> Tensor:
    """Return the sum over members of the mean over points of ||outputs - wanted||^2.

    Parameters
    ----------
    outputs, wanted : (members, batch, classes)
    """
    return (outputs - wanted).square().sum() / outputs.shape[1]


def unlearn(
    learner: Learner,
    *,
    oracle_outputs: Tensor,
    learning_rate: float,
    batch_size: int,
    batch_norm: str,
    retain_ratio: float,
    epochs: Collection[int],
    optimizer: str = "adam",
) -> Iterator[Snapshot]:
    """Descend the squared distance to the oracles' mean logits on F and on a random part of R.

    min_theta of the mean over x in F and R' of ||z_theta(x) - (1/k) sum_i z_i(x)||^2, arXiv
    2410.23232, with k = 10 oracles, r = 3, Adam at 5e-4 and 5 epochs. Not checked against its text
    or code: whether R' is drawn anew in every epoch, as here, or once; whether the distance is a
    sum over classes, as here, or a mean, which with SGD is a factor on the learning rate and with
    Adam next to nothing.

    Parameters
    ----------
    learner : the pretrained members
    oracle_outputs : (k, points, classes) logits of k further oracles
    learning_rate, batch_size, batch_norm, retain_ratio, epochs, optimizer : as in
        `unlearning.trajectories.matching.match`
    """
    target = oracle_outputs.mean(0)

    def distance(current: Learner, batch: Tensor) -> Tensor:
        outputs, _ = current.logits(batch)
        return squared_distance(outputs, target[batch])

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
