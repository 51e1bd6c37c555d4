"""What KLoM is taken from: margins of single points in the bins that two ensembles share."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unlearning.scoring.klom import VARIANTS
from unlearning.scoring.scores import Comparison, Scoring, clipped


class Histograms(NamedTuple):
    """Unlearned margins of chosen points, run after run.

    Attributes
    ----------
    counts : (runs, points, bins + 1) members in each bin, last those whose margin is not finite
    measured : (runs, points, 3) lowest and highest edge of the bins, and the KLoM (NaN: no score)
    """

    counts: NDArray[np.uint16]
    measured: NDArray[np.float32]


def bins(variant: str) -> int:
    """Return the places of a histogram: a variant's bins, and one for what is not finite."""
    return VARIANTS[variant].bins + 1


def binned(
    unlearned: NDArray[np.float32], oracle: NDArray[np.float32], scoring: Scoring
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Count the margins of an ensemble in the bins of KLoM, and score them.

    Of a point of several margins, such as a sequence, their mean is counted; its KLoM is the mean
    of theirs, and not that of the bins.

    The bins have the same width, from the smallest to the largest finite margin of both ensembles;
    a margin on an edge belongs to the bin above, and the largest one to the last.

    Parameters
    ----------
    unlearned, oracle : (members, columns) margins
    scoring : how they are scored, and clipped before; its columns are those of these points

    Returns
    -------
    counts, measured
        (points, bins + 1) and (points, 3), as `Histograms` has them.
    """
    columns = scoring.of(unlearned.shape[1])
    values, against = (columns.mean(clipped(part, scoring.clip)) for part in (unlearned, oracle))
    finite = np.isfinite(values)
    low = np.fmin(np.where(finite, values, np.inf).min(axis=0), against.min(axis=0))
    high = np.fmax(np.where(finite, values, -np.inf).max(axis=0), against.max(axis=0))
    count = bins(scoring.variant)
    edges = np.linspace(low.astype(float), high.astype(float), count)
    # Inner edges at or below a margin say its bin.
    places = (values >= edges[1:-1, None]).sum(axis=0)
    places[~finite] = count - 1
    counts = (places[..., None] == np.arange(count)).sum(axis=0).astype(np.uint16)
    klom = Comparison(unlearned, oracle, scoring).points()
    return counts, np.stack([low, high, klom], axis=1).astype(np.float32)


def histograms(
    ensembles: Iterable[NDArray[np.float32]], oracle: NDArray[np.float32], scoring: Scoring
) -> Histograms:
    """Count the margins of many ensembles, as `binned` does, one after another.

    Parameters
    ----------
    ensembles : (members, columns) margins of each run
    oracle : (members, columns) of what all are scored against
    scoring : how
    """
    found = [binned(ensemble, oracle, scoring) for ensemble in ensembles]
    return Histograms(*(np.stack(parts) for parts in zip(*found, strict=True)))
