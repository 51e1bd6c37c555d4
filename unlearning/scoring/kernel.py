"""The compiled loops of `unlearning.scoring.klom`: margins in, one score a point out.

Everything a compiled function calls is in this file: its machine code is kept for as long as this
file's contents are the same, whatever others have in them, and whatever its date.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

# The fields of `unlearning.scoring.klom.Variant`, in their order.
Fields = tuple[int, bool, bool, bool, bool, bool, bool]
# Of the unlearned and the oracle ensemble, one after the other: margins, widths and patterns of
# their noise (members, points); members drawn, and those whose patterns they get (draws, members).
Ensembles = tuple[NDArray, ...]
Draws = tuple[NDArray, ...]

FLOOR = 1e-5
CAP = math.log(1e5)
CLIP = 100.0
# Points scored together: a row of them fills vector registers, all their rows fit a nearby cache.
BLOCK = 128
# Members counted together.
UNROLL = 4


@njit
def _gather(
    ensemble: tuple[NDArray, NDArray, NDArray],
    drawn: tuple[NDArray, NDArray],
    first: int,
    limit: float,
    rows: NDArray,
    lowest: NDArray,
    highest: NDArray,
) -> int:
    """Copy the members' margins of one block of points, widen the range; count the non-finite.

    Non-finite margins do not enter the range and are copied as -inf: below every edge, in no bin.
    So are the rows that no member fills. Where there are widths, each member has noise.
    """
    margins, widths, patterns = ensemble
    members, partners = drawn
    nonfinite = 0
    block = slice(first, first + lowest.size)
    noisy = np.empty(lowest.size, rows.dtype)
    for member in range(members.size):
        source = margins[members[member], block]
        row = rows[member]
        if widths.size > 0:
            width = widths[members[member], block]
            pattern = patterns[partners[member], block]
            for point in range(lowest.size):
                noisy[point] = source[point] + width[point] * pattern[point]
            source = noisy
        for point in range(lowest.size):
            margin = source[point]
            finite = margin - margin == 0
            nonfinite += not finite
            row[point] = min(max(margin, -limit), limit) if finite else -np.inf
        for point in range(lowest.size):
            margin = row[point]
            if margin > highest[point]:
                highest[point] = margin
            if -np.inf < margin < lowest[point]:
                lowest[point] = margin
    for row in rows[members.size :]:
        for point in range(lowest.size):
            row[point] = -np.inf
    return nonfinite


@njit
def _fill_edges(lowest: NDArray, highest: NDArray, edges: NDArray) -> None:
    """Fill edges (bins, points): `numpy.linspace(lowest, highest, bins + 1)` less its last row.

    Every intermediate is stored in an array, hence rounded to its precision, as numpy does.
    """
    bins, width = edges.shape
    low = np.empty(width, edges.dtype)
    high = np.empty(width, edges.dtype)
    step = np.empty(width, edges.dtype)
    for point in range(width):
        low[point] = lowest[point]
        high[point] = highest[point]
        step[point] = (high[point] - low[point]) / bins
        if step[point] == np.inf:
            # Both ends are finite, only their difference overflows.
            step[point] = high[point] / bins - low[point] / bins
    for k in range(bins):
        for point in range(width):
            edges[k, point] = k * step[point]
            if step[point] == 0:
                # numpy's order of operations where the range is too small to be divided.
                edges[k, point] = k / bins
                edges[k, point] *= high[point] - low[point]
            edges[k, point] += low[point]
            # Steps among the subnormal numbers round so coarsely that they may overshoot.
            edges[k, point] = min(edges[k, point], high[point])


@njit
def _round_up(exact: NDArray, edges: NDArray) -> None:
    """Fill edges with the least number of their precision not below the exact float64 edge.

    A float32 margin is at or above the one exactly where it is at or above the other, and comparing
    float32 with float32 is twice as fast.
    """
    for k in range(exact.shape[0]):
        for point in range(exact.shape[1]):
            edges[k, point] = exact[k, point]
            # Half to one unit in the last place of a float32, subnormal numbers included: added
            # to an edge that was rounded down, it makes the nearest float32 the next one.
            nudge = max(abs(exact[k, point]) * 2.0**-24, 1.5 * 2.0**-150)
            if edges[k, point] < exact[k, point]:
                edges[k, point] = exact[k, point] + nudge


@njit
def _count(rows: NDArray, edges: NDArray, counts: NDArray) -> None:
    """Fill counts (edges, points) with the number of members at or above each edge."""
    for k in range(edges.shape[0]):
        for point in range(edges.shape[1]):
            counts[k, point] = 0
    # Four rows a pass (UNROLL): each count is loaded and stored a quarter as often.
    for member in range(0, rows.shape[0], UNROLL):
        first, second, third, fourth = (
            rows[member],
            rows[member + 1],
            rows[member + 2],
            rows[member + 3],
        )
        for k in range(edges.shape[0]):
            edge = edges[k]
            count = counts[k]
            for point in range(edge.size):
                count[point] += (
                    (first[point] >= edge[point])
                    + (second[point] >= edge[point])
                    + (third[point] >= edge[point])
                    + (fourth[point] >= edge[point])
                )


@njit
def _divergence(
    unlearned_members: int,
    oracle_members: int,
    unlearned_above: NDArray,
    oracle_above: NDArray,
    variant: Fields,
    log: NDArray,
) -> float:
    """Return the score of one point from the numbers of members at or above each edge.

    Logarithms of counts come from a table, so equal histograms score 0 and the cap is exact.
    """
    bins, _, _, _, _, floor_every_bin, renormalise = variant
    # Members above the last edge are dropped; those below the first are the non-finite ones.
    unlearned_total = unlearned_members - unlearned_above[bins]
    oracle_total = max(oracle_members - oracle_above[bins], 1)
    if unlearned_total == 0:
        return CAP if renormalise else 0.0
    if floor_every_bin and oracle_members == oracle_above[bins]:
        return CAP
    score = 0.0
    oracle_mass = FLOOR if floor_every_bin else 0.0
    for k in range(bins):
        unlearned = unlearned_above[k] - unlearned_above[k + 1]
        oracle = oracle_above[k] - oracle_above[k + 1]
        floor = FLOOR if unlearned > 0 or floor_every_bin else 0.0
        oracle_mass += max(oracle / oracle_total, floor)
        if unlearned > 0:
            log_unlearned = log[unlearned] - log[unlearned_total]
            log_oracle = max(log[oracle] - log[oracle_total], -CAP)
            score += unlearned / unlearned_total * (log_unlearned - log_oracle)
    nonfinite = unlearned_members - unlearned_above[0]
    if nonfinite > 0:
        score += nonfinite / unlearned_total * (log[nonfinite] - log[unlearned_total] + CAP)
    return score + math.log(oracle_mass) if renormalise else score


@njit
def _score_block(
    ensembles: Ensembles,
    draws: Draws,
    bound: float,
    variant: Fields,
    log: NDArray,
    out: NDArray,
    bad: NDArray,
    task: int,
) -> None:
    """Score one block of points with one draw of members; tasks number the draws, block by block.

    Draws of one block that follow each other find its margins in a nearby cache.
    """
    bins, clip_unlearned, clip_oracle, edges_in_float64, keep_maximum, _, _ = variant
    block, draw = divmod(task, out.shape[0])
    first = block * BLOCK
    scores = out[draw, first : first + BLOCK]
    unlearned_members, oracle_members = draws[0][draw], draws[1][draw]
    width = scores.size
    real = ensembles[0].dtype
    lowest = np.empty(width, real)
    highest = np.empty(width, real)
    for point in range(width):
        lowest[point] = np.inf
        highest[point] = -np.inf
    unlearned = np.empty((-(-unlearned_members.size // UNROLL) * UNROLL, width), real)
    oracle = np.empty((-(-oracle_members.size // UNROLL) * UNROLL, width), real)
    bad[task, 0] = _gather(
        (ensembles[0], ensembles[2], ensembles[4]),
        (unlearned_members, draws[2][draw]),
        first,
        min(CLIP if clip_unlearned else np.inf, bound),
        unlearned,
        lowest,
        highest,
    )
    bad[task, 1] = _gather(
        (ensembles[1], ensembles[3], ensembles[5]),
        (oracle_members, draws[3][draw]),
        first,
        min(CLIP if clip_oracle else np.inf, bound),
        oracle,
        lowest,
        highest,
    )

    edges = np.empty((bins + 1, width), real)
    if edges_in_float64:
        exact = np.empty((bins, width), np.float64)
        _fill_edges(lowest, highest, exact)
        _round_up(exact, edges)
    else:
        _fill_edges(lowest, highest, edges[:bins])
    for point in range(width):
        edges[bins, point] = np.inf if keep_maximum else highest[point]

    unlearned_above = np.empty((bins + 1, width), np.int32)
    oracle_above = np.empty((bins + 1, width), np.int32)
    _count(unlearned, edges, unlearned_above)
    _count(oracle, edges, oracle_above)
    for point in range(width):
        if lowest[point] == highest[point] and not keep_maximum:
            # All margins are one number: published codes widen the range, or have no answer.
            scores[point] = 0.0
        else:
            scores[point] = _divergence(
                unlearned_members.size,
                oracle_members.size,
                unlearned_above[:, point],
                oracle_above[:, point],
                variant,
                log,
            )


# Two functions, not one that is compiled for two types: processes that start together could store
# one type's machine code under the other's name. Threads are the caller's (`nogil`): those of numba
# take as long again to compile.
@njit(nogil=True, cache=True)
def score_float32(
    ensembles: Ensembles,
    draws: Draws,
    bound: float,
    variant: Fields,
    log: NDArray,
    scores: NDArray,
    bad: NDArray,
    tasks: tuple[int, int],
) -> None:
    """Score float32 ensembles: the tasks from the first to before the second number.

    Fills `scores` (draws, points) and `bad` (blocks x draws, 2), the numbers of margins of either
    ensemble that are not finite. `log` holds the logarithms of 0, 1, ... as far as members are
    drawn. Without widths margins are taken as they are; no noise takes them beyond +-`bound`.
    """
    for task in range(tasks[0], tasks[1]):
        _score_block(ensembles, draws, bound, variant, log, scores, bad, task)


@njit(nogil=True, cache=True)
def score_float64(
    ensembles: Ensembles,
    draws: Draws,
    bound: float,
    variant: Fields,
    log: NDArray,
    scores: NDArray,
    bad: NDArray,
    tasks: tuple[int, int],
) -> None:
    """Score float64 ensembles, as `score_float32` does."""
    for task in range(tasks[0], tasks[1]):
        _score_block(ensembles, draws, bound, variant, log, scores, bad, task)
