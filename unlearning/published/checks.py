"""Whether published ensembles can be of the same points, and independent."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.datasets.cifar10 import TRAIN
from unlearning.scoring.kernel import CAP
from unlearning.scoring.klom import klom

PERCENTILE = 95.0
# Points of the simulated ensembles: as many as CIFAR-10 trains on, so its floor is as exact.
SIMULATED_POINTS = 50_000
# Sound ensembles have 0.5 to 1.2 times the Gaussian floor, whatever the shape of their margins: so
# simulated, trained and published ones did. With a tenth of the rows in disorder, trained ones had
# over 5 times the floor from 50 members on.
HIGHEST = 2.0
# Independent ensembles do not get there; those that share members do, and equal ones score 0.
LOWEST = 1 / 3


class Alignment(NamedTuple):
    """What `check_alignment` has compared: percentiles of KLoM, in nats."""

    score: float
    floor: float


@cache
def noise_floor(unlearned: int, oracle: int) -> float:
    """Simulate what ensembles that differ by nothing but chance score.

    Parameters
    ----------
    unlearned, oracle : members of the two ensembles, all drawn from one Gaussian

    Returns
    -------
    float
        95th percentile of KLoM over independent points, in nats.
    """
    rng = np.random.default_rng(0)
    ensembles = (
        rng.standard_normal((members, SIMULATED_POINTS), dtype=np.float32)
        for members in (unlearned, oracle)
    )
    return float(np.percentile(klom(*ensembles), PERCENTILE))


def check_alignment(
    pretrained: NDArray[np.float32],
    oracle: NDArray[np.float32],
    forget: ArrayLike,
    source: str,
    *,
    n_train: int = TRAIN,
) -> Alignment:
    """Check that the columns of pretrained and oracle margins are the same points.

    On the points that both were trained on, the ensembles differ by little more than chance, so
    the 95th percentile of KLoM lies near the noise floor of ensembles of their sizes. It must not
    reach twice the floor, nor the geometric mean of floor and cap: few members have a floor so
    high that disordered rows stay below its double. Disorder of less than a twentieth of the points
    does not show in this percentile.

    Parameters
    ----------
    pretrained, oracle : (members, n_train + n_validation) margins, in the order of the data set
    forget : (size,) indices of the points that the oracles were not trained on
    source : where they come from, for errors
    n_train : number of training points

    Returns
    -------
    Alignment
        The percentile and the floor.

    Raises
    ------
    ValueError
        When the margins are misaligned, or so alike that the ensembles share members.
    """
    retain = np.setdiff1d(np.arange(n_train), forget)
    score = float(np.percentile(klom(pretrained[:, retain], oracle[:, retain]), PERCENTILE))
    floor = noise_floor(len(pretrained), len(oracle))
    lowest, limit = LOWEST * floor, min(HIGHEST * floor, (floor * CAP) ** 0.5)
    if lowest <= score < limit:
        return Alignment(score, floor)
    reason = (
        "pretrained and oracle ensembles share members"
        if score < lowest
        else "rows are out of order, forgotten points are among the retained, or the labels differ"
    )
    raise ValueError(
        f"{source}: pretrained against oracle margins have a KLoM of {score:.3g} (95th percentile) "
        f"on the retain set, and ensembles of {len(pretrained)} and {len(oracle)} members must "
        f"have {lowest:.3g} to {limit:.3g}, near the noise floor of {floor:.3g}: {reason}."
    )
