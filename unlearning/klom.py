"""KLoM: the divergence of an unlearned ensemble's margins from the oracles', point by point.

A point's margins under the N unlearned models and under the M oracles are put into histograms on
their common range; its score is KL(unlearned || oracle) of the two histograms.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import ArrayLike, NDArray

FLOOR = 1e-5
CAP = math.log(1e5)
CLIP = 100.0
# Points scored together: a row of them fills vector registers, all their rows fit a nearby cache.
BLOCK = 64
# Points copied together when the margins must first be converted or made contiguous.
CHUNK = 2048


@dataclass(frozen=True)
class Variant:
    """One published way to turn two ensembles of margins into a score.

    Attributes
    ----------
    bins : int
        Equal bins on the common range of both ensembles.
    clip_unlearned, clip_oracle : bool
        Whether that ensemble's margins are first clipped to [-100, 100].
    edges_in_float64 : bool
        Whether the edges are computed in float64 whatever the margins are, or in the margins' own
        precision, as `numpy.linspace` does.
    keep_maximum : bool
        Whether margins equal to the upper end of the range count, in the last bin, or are dropped
        from the histogram and from its total.
    floor_every_bin : bool
        Whether oracle probabilities are floored at 1e-5 in every bin, and in one more bin below
        the range that is always empty, or only in the bins that hold an unlearned margin.
    renormalise : bool
        Whether the floored oracle probabilities are made to sum to 1 again.
    """

    bins: int
    clip_unlearned: bool
    clip_oracle: bool
    edges_in_float64: bool
    keep_maximum: bool
    floor_every_bin: bool
    renormalise: bool


_BENCHMARK = Variant(
    bins=20,
    clip_unlearned=True,
    clip_oracle=True,
    edges_in_float64=False,
    keep_maximum=False,
    floor_every_bin=False,
    renormalise=True,
)
VARIANTS: dict[str, Variant] = {
    "default": Variant(
        bins=20,
        clip_unlearned=False,
        clip_oracle=False,
        edges_in_float64=True,
        keep_maximum=True,
        floor_every_bin=False,
        renormalise=False,
    ),
    "a2d": replace(_BENCHMARK, bins=19, clip_oracle=False, floor_every_bin=True),
    "easydub_bench": _BENCHMARK,
    "easydub_package": replace(_BENCHMARK, renormalise=False),
}


@njit
def _gather(margins, members, first, clip, rows, lowest, highest):
    """Copy the members' margins of one block of points, widen the range; count the non-finite.

    Non-finite margins do not enter the range and are copied as -inf: below every edge, in no bin.
    """
    nonfinite = 0
    limit = CLIP if clip else np.inf
    for member in range(members.size):
        source = margins[members[member]]
        row = rows[member]
        for point in range(lowest.size):
            margin = source[first + point]
            finite = margin - margin == 0
            nonfinite += not finite
            row[point] = min(max(margin, -limit), limit) if finite else -np.inf
        for point in range(lowest.size):
            margin = row[point]
            if margin > highest[point]:
                highest[point] = margin
            if -np.inf < margin < lowest[point]:
                lowest[point] = margin
    return nonfinite


@njit
def _fill_edges(lowest, highest, edges):
    """Fill edges (bins, points) as `numpy.linspace(lowest, highest, bins + 1)`, less the last row.

    Each intermediate is stored in `edges`, hence rounded to its precision, as numpy does.
    """
    bins = edges.shape[0]
    for point in range(lowest.size):
        low, high = lowest[point], highest[point]
        # The last row is filled last, so it can hold the step until then.
        step = edges[bins - 1 :, point]
        step[0] = (high - low) / bins
        if step[0] > np.finfo(np.float64).max:
            step[0] = high / bins - low / bins
