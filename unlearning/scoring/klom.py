"""KLoM: the divergence of an unlearned ensemble's margins from the oracles', point by point.

A point's margins under the N unlearned models and under the M oracles are put into histograms on
their common range; its score is KL(unlearned || oracle) of the two histograms.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from itertools import pairwise

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.scoring.kernel import BLOCK, score_float32, score_float64
from unlearning.scoring.kernel import CAP as CAP

# Points copied together when margins must first be converted or made contiguous.
CHUNK = 32 * BLOCK

# Tasks of the kernel that are worth a thread: some 2 ms.
LEAST = 16
# Shares of a thread: one whose core is busy otherwise leaves the others some of its work.
PARTS = 8


@dataclass(frozen=True)
class Variant:
    """One way in circulation to turn two ensembles of margins into a score.

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

    bins: int = 20
    clip_unlearned: bool = False
    clip_oracle: bool = False
    edges_in_float64: bool = True
    keep_maximum: bool = True
    floor_every_bin: bool = False
    renormalise: bool = False


_PACKAGE = Variant(
    clip_unlearned=True, clip_oracle=True, edges_in_float64=False, keep_maximum=False
)
_BENCHMARK = replace(_PACKAGE, renormalise=True)
VARIANTS: dict[str, Variant] = {
    "default": Variant(),
    "a2d": replace(_BENCHMARK, bins=19, clip_oracle=False, floor_every_bin=True),
    "easydub_bench": _BENCHMARK,
    "easydub_package": _PACKAGE,
}


def _checked(name: str, margins: ArrayLike) -> NDArray:
    """Return margins as an array, or say why they are not an ensemble's margins."""
    array = np.asarray(margins)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} margins must be real numbers, not of type {array.dtype}.")
    if array.ndim != 2 or array.shape[0] == 0:
        raise ValueError(
            f"{name} margins must have shape (members, points) with at least one member, "
            f"not {array.shape}."
        )
    return array


def _checked_pair(
    unlearned: ArrayLike, oracle: ArrayLike, variant: str, nonfinite: str
) -> tuple[NDArray, NDArray]:
    """Return both ensembles' margins as arrays, or say which argument of a score is wrong."""
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, not {variant!r}.")
    if nonfinite not in ("raise", "own_bin"):
        raise ValueError(f"nonfinite must be 'raise' or 'own_bin', not {nonfinite!r}.")
    if nonfinite == "own_bin" and variant != "default":
        raise ValueError(
            f"nonfinite='own_bin' is defined for variant 'default' only, not {variant!r}."
        )
    pair = _checked("unlearned", unlearned), _checked("oracle", oracle)
    if pair[0].shape[1] != pair[1].shape[1]:
        raise ValueError(
            "unlearned and oracle margins must be of the same points, "
            f"not of {pair[0].shape[1]} and {pair[1].shape[1]}."
        )
    return pair


def _prepared(margins: NDArray, dtype: type[np.floating]) -> NDArray:
    """Return margins in the one form that the kernel of their type is compiled for."""
    prepared = np.require(margins, dtype, ("C_CONTIGUOUS", "ALIGNED")).view()
    # As margins mapped from a file are.
    prepared.flags.writeable = False
    return prepared


@dataclass(frozen=True)
class Noise:
    """What is added to members when they are drawn: a pair of each, unlearned and oracle.

    Attributes
    ----------
    widths, patterns : pair of floating arrays, shape (members, points)
        A member drawn has its widths times the pattern of a partner added.
    partners : pair of int64 arrays, shape (draws, members drawn)
        Whose pattern.
    bound : float
        No margin with its noise is taken to be larger in size.
    """

    widths: tuple[NDArray, NDArray]
    patterns: tuple[NDArray, NDArray]
    partners: tuple[NDArray[np.int64], NDArray[np.int64]]
    bound: float


def _in_threads(compute: Callable[[tuple[int, int]], None], tasks: int) -> None:
    """Divide tasks, numbered from 0, among as many threads as numba would have."""
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    parts = min(PARTS * most, -(-tasks // LEAST))
    if min(most, parts) < 2:
        compute((0, tasks))
        return
    ends = [tasks * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(min(most, parts)) as pool:
        list(pool.map(compute, pairwise(ends)))


def score_draws(
    unlearned: NDArray,
    oracle: NDArray,
    draws: tuple[NDArray[np.int64], NDArray[np.int64]],
    variant: str,
    noise: Noise | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Score what draws of the members give; the arguments are taken to be valid.

    Parameters
    ----------
    unlearned, oracle : ndarray, shape (members, points)
        Real margins.
    draws : pair of int64 arrays, shape (draws, members drawn)
        The members of each draw.
    variant : str
        A name in `VARIANTS`.
    noise : Noise, optional
        Added to the members drawn.

    Returns
    -------
    scores : ndarray of float64, shape (draws, points)
    bad : ndarray of int64, shape (2,)
        Unlearned and oracle margins drawn that are not finite.
    """
    points = unlearned.shape[1]
    single = unlearned.dtype == oracle.dtype == np.float32
    kernel, dtype = (score_float32, np.float32) if single else (score_float64, np.float64)
    ready = all(e.dtype == dtype and e.flags.c_contiguous for e in (unlearned, oracle))
    chunk = max(points, 1) if ready else CHUNK
    with np.errstate(divide="ignore"):
        log = np.log(np.arange(max(drawn.shape[1] for drawn in draws) + 1.0))
    scores = np.empty((len(draws[0]), points))
    bad = np.zeros(2, np.int64)
    added = (np.empty((0, 0)),) * 4 if noise is None else (*noise.widths, *noise.patterns)
    for first in range(0, points, chunk):
        part = slice(first, first + chunk)
        part_scores = np.empty_like(scores[:, part], order="C")
        part_bad = np.empty((len(scores) * -(-part_scores.shape[1] // BLOCK), 2), np.int64)
        arrays = tuple(_prepared(array[:, part], dtype) for array in (unlearned, oracle, *added))
        compute = partial(
            kernel,
            arrays,
            (*draws, *(draws if noise is None else noise.partners)),
            np.inf if noise is None else noise.bound,
            astuple(VARIANTS[variant]),
            log,
            part_scores,
            part_bad,
        )
        _in_threads(compute, len(part_bad))
        scores[:, part] = part_scores
        bad += part_bad.sum(axis=0)
    return scores, bad


def klom(
    unlearned: ArrayLike,
    oracle: ArrayLike,
    *,
    variant: str = "default",
    nonfinite: str = "raise",
) -> NDArray[np.float64]:
    r"""Score every point: how far the unlearned models' margins are from the oracles'.

    With :math:`p_k` and :math:`q_k` the shares of unlearned and of oracle margins in bin `k` of the
    common range, the default score of a point is

    .. math:: \sum_{k: p_k > 0} p_k \log \frac{p_k}{\max(q_k, 10^{-5})} \le \log 10^5 .

    The other variants reproduce codes in circulation, quirks included: margins at the upper end
    of the range are dropped, so a point may lose its most telling members, and "a2d" does not
    score 0 for equal ensembles. Where those codes have no finite answer, ours is

    - 0, in all variants, where all margins of both ensembles are one number;
    - the cap, in "a2d" and "easydub_bench", where every unlearned margin is dropped; the code
      behind "easydub_package" gives 0 there, and so does this one;
    - the cap, in "a2d", where every oracle margin is dropped.

    Parameters
    ----------
    unlearned, oracle : array_like, shape (members, points)
        Margins of the two ensembles, whose numbers of members may differ. Two float32 arrays are
        binned as float32, anything else as float64; C-contiguous arrays are not copied.
    variant : str
        A name in `VARIANTS`.
    nonfinite : {"raise", "own_bin"}
        What NaN and infinite unlearned margins mean. A diverged model is a result, and an ensemble
        without it would score better for having lost it: "own_bin" (default variant only) counts
        such margins in one more bin, in which no oracle is, and takes the range from the others.

    Returns
    -------
    ndarray of float64, shape (points,)
        Nats; at most `CAP`, in renormalising variants at most log(1.00019) more.

    Raises
    ------
    ValueError
        If an argument is not as described, or margins are NaN or infinite: oracle margins always,
        unlearned margins unless `nonfinite` is "own_bin".
    """
    unlearned, oracle = _checked_pair(unlearned, oracle, variant, nonfinite)
    everyone = np.arange(len(unlearned))[None], np.arange(len(oracle))[None]
    scores, (unlearned_bad, oracle_bad) = score_draws(unlearned, oracle, everyone, variant)
    if oracle_bad or (unlearned_bad and nonfinite == "raise"):
        raise ValueError(
            f"margins must be finite, but {unlearned_bad} of {unlearned.size} unlearned and "
            f"{oracle_bad} of {oracle.size} oracle margins are NaN or infinite."
        )
    return scores[0]
