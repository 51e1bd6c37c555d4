"""Section 4.2, Appendices F to J: logistic regression where each coordinate stands alone.

All samples of coordinate j are the same point (Assumptions 1 and 2), so the stationary points of
the losses of Eq. (1) are values of the Lambert W function (Lemma 5).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.theory.arguments import Array, checked
from unlearning.theory.roots import lambert


class OneDimensional(NamedTuple):
    """Weights of coordinate j, arrays of one shape.

    Attributes
    ----------
    pretrained, oracle : array
        The minimum of the loss on all data, and on the retain set.
    ascent : array
        The local minimum of the descent-ascent loss, NaN where there is none. At `alpha_limit`
        itself, where minimum and maximum merge into an inflection, it is -1.
    ascent_maximum : array
        The local maximum of the descent-ascent loss, NaN where there is none.
    case : array of int
        The case of Appendix H: 1 up to alpha = F/R (a single minimum), 2 up to `alpha_limit`
        (a minimum and a maximum), 3 beyond (no stationary point: descent diverges).
    """

    pretrained: Array
    oracle: Array
    ascent: Array
    ascent_maximum: Array
    case: NDArray[np.int64]


def one_dimensional(
    retain: ArrayLike, forget: ArrayLike, retain_j: ArrayLike, alpha: ArrayLike, ridge: ArrayLike
) -> OneDimensional:
    """Solve pretraining, retraining and descent-ascent in coordinate j (Lemma 5).

    Parameters
    ----------
    retain, forget : array_like
        Sizes R and F of the whole retain and forget set, greater than 0.
    retain_j : array_like
        Retained samples of coordinate j, greater than 0.
    alpha : array_like
        Forgotten samples of coordinate j over `retain_j`, at least 0.
    ridge : array_like
        Factor lambda of the penalty, greater than 0.

    Returns
    -------
    OneDimensional

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    retain, forget, retain_j, ridge, alpha = checked(
        positive={"retain": retain, "forget": forget, "retain_j": retain_j, "ridge": ridge},
        non_negative={"alpha": alpha},
    )
    pretrained = lambert((1 + alpha) * retain_j / (ridge * (retain + forget)))
    oracle = lambert(retain_j / (ridge * retain))
    high = forget / retain
    limit = alpha_limit(retain, forget, retain_j, ridge)
    case = np.where(alpha <= high, 1, np.where(alpha <= limit, 2, 3))
    # As a difference, the argument is exactly 0 at alpha = F/R and has the sign of the case.
    argument = (high - alpha) * retain_j / (ridge * forget)
    argument = np.where(case == 2, np.maximum(argument, -np.exp(-1)), argument)
    ascent = lambert(np.where(case < 3, argument, np.nan))
    ascent_maximum = lambert(np.where((case == 2) & (alpha < limit), argument, np.nan), branch=-1)
    return OneDimensional(pretrained[()], oracle[()], ascent[()], ascent_maximum[()], case[()])


def alpha_range(retain: ArrayLike, forget: ArrayLike) -> tuple[Array, Array]:
    """Return the range of alpha on which Lemma 2 holds, and outside of which it fails.

    Below it descent-ascent moves towards the oracle; above it, it overshoots.

    Parameters
    ----------
    retain, forget : array_like
        Sizes R and F, greater than 0.

    Returns
    -------
    low, high : array
        F^2 / (R (F + D)) and F / R.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    retain, forget = checked(positive={"retain": retain, "forget": forget})
    return forget**2 / (retain * (2 * forget + retain)), forget / retain


def alpha_limit(
    retain: ArrayLike, forget: ArrayLike, retain_j: ArrayLike, ridge: ArrayLike
) -> Array:
    """Return the alpha beyond which descent-ascent has no stationary point (App. H, case 3).

    Parameters
    ----------
    retain, forget, retain_j, ridge : array_like
        As in `one_dimensional`.

    Returns
    -------
    array
        F/R + lambda F / (e R_j).

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    retain, forget, retain_j, ridge = checked(
        positive={"retain": retain, "forget": forget, "retain_j": retain_j, "ridge": ridge}
    )
    return forget / retain + ridge * forget / (np.e * retain_j)
