"""Lemmas 4, 9, 10, 11, and Fig. 3: for which alpha descent-ascent is detrimental."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wrightomega

from unlearning.theory.arguments import Array, checked
from unlearning.theory.roots import lambert
from unlearning.theory.two_coordinates import (
    Problem,
    ascent_limit,
    ascent_point,
    pretrained_point,
    problem,
)

HALVINGS = 60


class Bounds(NamedTuple):
    """Bounds on stationary points in (x, y): Lemma 9 on pretraining, Lemma 10 on descent-ascent.

    Lemma 9's `lemma9_x_low` and `lemma9_y_high` need alpha <= 1. Lemma 10's are NaN where no
    stationary point can exist.
    """

    lemma9_x_low: Array
    lemma9_x_high: Array
    lemma9_y_low: Array
    lemma9_y_high: Array
    lemma10_x_high: Array
    lemma10_y_high: Array


class AlphaBounds(NamedTuple):
    """Thresholds of alpha: from `low` to `high` the lemmas guarantee oracle >= pretrained >= DA.

    Attributes
    ----------
    lemma11_x, lemma11_y : array
        From here on the pretrained x, and y, are at least those of descent-ascent.
    lemma4_x, lemma4_y : array
        Up to here the oracle's x, and y, are at least the pretrained ones; Eqs. (5) and (6)
        for any R_ij. `lemma4_y` needs alpha <= 1.
    low, high : array
        The larger of Lemma 11's, the smaller of Lemma 4's; nothing is guaranteed if low > high.
    """

    lemma11_x: Array
    lemma11_y: Array
    lemma4_x: Array
    lemma4_y: Array
    low: Array
    high: Array


def bounds_two_dimensional(
    retain: ArrayLike,
    forget: ArrayLike,
    retain_ij: ArrayLike,
    alpha: ArrayLike,
    epsilon: ArrayLike,
    ridge: ArrayLike,
) -> Bounds:
    """Bound the stationary points of `two_dimensional` by Lemmas 9 and 10.

    Parameters
    ----------
    retain, forget, retain_ij, alpha, epsilon, ridge : array_like
        As in `two_dimensional`.

    Returns
    -------
    Bounds

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    given = problem(retain, forget, retain_ij, alpha, epsilon, ridge)
    u, v, alpha = given.same, given.cross, given.alpha
    all_data = given.strength(given.retain + given.forget)
    retained, forgotten = given.strength(given.retain), given.strength(given.forget)
    y_low = lambert(alpha * u * all_data)
    bounds = Bounds(
        lemma9_x_low=lambert((u + v * alpha) * all_data),
        lemma9_x_high=v / u * y_low + lambert(u * all_data),
        lemma9_y_low=y_low,
        lemma9_y_high=lambert((v + alpha * u) * all_data),
        lemma10_x_high=lambert(retained * u - forgotten * alpha * v),
        lemma10_y_high=lambert(retained * v - forgotten * alpha * u),
    )
    return Bounds(*(bound[()] for bound in bounds))


def alpha_bounds(
    retain: ArrayLike, forget: ArrayLike, retain_ij: ArrayLike, epsilon: ArrayLike, ridge: ArrayLike
) -> AlphaBounds:
    """Return the thresholds of Lemmas 11 and 4 on alpha.

    With s = 2 e / (1 + e^2), A_S = (1 + e^2) R_ij / (lambda S) and dW = W(A_R) - W(A_D),
    Lemma 4 is alpha_x = (dW/s) e^(dW/s) / A_D and alpha_y = s (e^(-(1 - s) W(A_R)) D/R - 1).

    Parameters
    ----------
    retain, forget, retain_ij, epsilon, ridge : array_like
        As in `two_dimensional`.

    Returns
    -------
    AlphaBounds
        Infinite where a coordinate sets no limit: `lemma11_x` and `lemma4_x` at e = 0.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    given = problem(retain, forget, retain_ij, 0.0, epsilon, ridge)
    retain, forget = given.retain, given.forget
    data = retain + forget
    s = given.cross / given.same
    strength = given.same * given.strength(data)
    oracle = lambert(given.same * given.strength(retain))
    with np.errstate(divide="ignore", over="ignore"):
        change = (oracle - lambert(strength)) / s
        lemma4_x = change * np.exp(change) / strength
        lemma11_x = forget**2 / (s * retain * (data + forget))
    lemma4_y = s * (np.exp(-(1 - s) * oracle) * data / retain - 1)
    lemma11_y = s * forget * data / (retain * (data + forget))
    bounds = (lemma11_x, lemma11_y, lemma4_x, lemma4_y)
    low, high = np.maximum(lemma11_x, lemma11_y), np.minimum(lemma4_x, lemma4_y)
    return AlphaBounds(*(bound[()] for bound in (*bounds, low, high)))


def detrimental_range(
    retain: ArrayLike, forget: ArrayLike, retain_ij: ArrayLike, epsilon: ArrayLike, ridge: ArrayLike
) -> tuple[Array, Array]:
    """Return exactly the alpha for which oracle >= pretrained >= descent-ascent in x and in y.

    The pretrained coordinates grow with alpha and those of the descent-ascent minimum fall, so
    these alpha are an interval. Its upper end, where a pretrained coordinate reaches the oracle's,
    has a closed form; its lower end, where the minimum has fallen to the pretrained point in both
    coordinates, is found by bisection on the solved systems.

    Parameters
    ----------
    retain, forget, retain_ij, epsilon, ridge : array_like
        As in `two_dimensional`.

    Returns
    -------
    low, high : array
        NaN where there is no such alpha. The lower end is exact to 1e-15 of the upper one.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    given = problem(retain, forget, retain_ij, 0.0, epsilon, ridge)
    high = np.minimum(_pretrained_reaches_oracle(given), ascent_limit(given))
    low, top = np.zeros_like(high), np.array(high)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + top)
        at = given._replace(alpha=middle)
        pretrained, ascent = pretrained_point(at), ascent_point(at)
        fallen = (ascent.x <= pretrained.x) & (ascent.y <= pretrained.y)
        low, top = np.where(fallen, low, middle), np.where(fallen, middle, top)
    empty = low >= high * (1 - 2.0 ** (2 - HALVINGS))
    return np.where(empty, np.nan, top)[()], np.where(empty, np.nan, high)[()]


def _pretrained_reaches_oracle(given: Problem) -> Array:
    """Return the alpha at which the first pretrained coordinate equals the oracle's."""
    u, v = given.same, given.cross
    strength = given.strength(given.retain + given.forget)
    x = lambert(u * given.strength(given.retain))
    y = v / u * x
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        p = strength * np.exp(-x)
        q = (x - u * p) / v
        alpha_x = np.where(v == 0, np.inf, q / strength * np.exp(v * p + u * q))
        # At the oracle's y the retained pull solves log p + (u - v^2/u) p = log a_D - (v/u) y.
        gap = (1 - given.epsilon**2) ** 2 / u
        rest = np.log(strength) - v / u * y
        p = np.where(gap == 0, np.exp(rest), wrightomega(rest + np.log(gap)) / gap)
        q = (y - v * p) / u
        alpha_y = q / strength * np.exp(y)
    return np.minimum(alpha_x, alpha_y)


def tabulate_ranges(
    data: int, forget: list[int], retain_ij: float, ridge: float, epsilon: ArrayLike
) -> dict[str, Array]:
    """Tabulate Fig. 3: guaranteed and exact ranges of alpha for several sizes of the forget set.

    Parameters
    ----------
    data : int
        Size D.
    forget : list of int
        Sizes F, less than `data`.
    retain_ij, ridge : float
        As in `two_dimensional`.
    epsilon : array_like (correlations,)
        Correlations.

    Returns
    -------
    dict of array
        Columns of a table, a row for each size and correlation: `forget`, `epsilon`, the fields
        of `AlphaBounds`, `exact_low`, `exact_high`.
    """
    sizes = np.asarray(forget, dtype=np.float64)[:, None]
    (epsilon,) = checked(unit_interval={"epsilon": epsilon})
    arguments = (data - sizes, sizes, retain_ij, epsilon[None, :], ridge)
    exact = detrimental_range(*arguments)
    columns = {"forget": np.broadcast_to(sizes, exact[0].shape)}
    columns["epsilon"] = np.broadcast_to(epsilon, exact[0].shape)
    columns |= alpha_bounds(*arguments)._asdict()
    columns |= {"exact_low": exact[0], "exact_high": exact[1]}
    return {name: np.ravel(column) for name, column in columns.items()}
