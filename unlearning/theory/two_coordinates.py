"""Section 4.3, Appendix K: two correlated samples, (1, e) retained and (e, 1) forgotten.

In x = w_1 + e w_2 and y = e w_1 + w_2, with p and q for the pulls of the retained and the forgotten
samples over the ridge, u = 1 + e^2 and v = 2 e, the stationary points solve

    pretraining   x = u p + v q    p = a_D e^-x    y = v p + u q    q = alpha a_D e^-y
    ascent        x = u p - v q    p = a_R e^-x    y = v p - u q    q = alpha a_F e^-y

where a_S = R_ij / (lambda S). Eliminating one pull leaves one equation. That of pretraining is
increasing. That of descent-ascent, in log q, rises up to a single maximum and falls after it: its
slope has the sign of the determinant of the Hessian, so the root before the maximum is the local
minimum, the root after it a saddle, and beyond the maximum there is no stationary point.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wrightomega

from unlearning.theory.arguments import Array, checked
from unlearning.theory.roots import increasing_root


class Point(NamedTuple):
    """Coordinates x = w_1 + e w_2 and y = e w_1 + w_2, arrays of one shape."""

    x: Array
    y: Array


class TwoDimensional(NamedTuple):
    """Stationary points in (x, y); NaN where there is none.

    Attributes
    ----------
    pretrained, oracle : Point
        The minimum of the loss on all data, and on the retain set (Lemma 8).
    ascent : Point
        The local minimum of the descent-ascent loss.
    """

    pretrained: Point
    oracle: Point
    ascent: Point


class Problem(NamedTuple):
    """Checked arguments of a two-dimensional problem, arrays of one shape."""

    retain: Array
    forget: Array
    retain_ij: Array
    alpha: Array
    epsilon: Array
    ridge: Array

    @property
    def same(self) -> Array:
        """Inner product u = 1 + e^2 of a sample with itself."""
        return 1 + self.epsilon**2

    @property
    def cross(self) -> Array:
        """Inner product v = 2 e of the retained and the forgotten sample."""
        return 2 * self.epsilon

    def strength(self, size: Array) -> Array:
        """a_S = R_ij / (lambda S) for a set of that size."""
        return self.retain_ij / (self.ridge * size)


def problem(
    retain: ArrayLike,
    forget: ArrayLike,
    retain_ij: ArrayLike,
    alpha: ArrayLike,
    epsilon: ArrayLike,
    ridge: ArrayLike,
) -> Problem:
    """Check the arguments of `two_dimensional` and broadcast them."""
    retain, forget, retain_ij, ridge, alpha, epsilon = checked(
        positive={"retain": retain, "forget": forget, "retain_ij": retain_ij, "ridge": ridge},
        non_negative={"alpha": alpha},
        unit_interval={"epsilon": epsilon},
    )
    return Problem(retain, forget, retain_ij, alpha, epsilon, ridge)


def two_dimensional(
    retain: ArrayLike,
    forget: ArrayLike,
    retain_ij: ArrayLike,
    alpha: ArrayLike,
    epsilon: ArrayLike,
    ridge: ArrayLike,
) -> TwoDimensional:
    """Solve pretraining, retraining and descent-ascent for two correlated samples.

    Parameters
    ----------
    retain, forget : array_like
        Sizes R and F of the whole retain and forget set, greater than 0.
    retain_ij : array_like
        Retained copies of the sample (1, e), greater than 0.
    alpha : array_like
        Forgotten copies of the sample (e, 1) over `retain_ij`, at least 0.
    epsilon : array_like
        Correlation e, within [0, 1].
    ridge : array_like
        Factor lambda of the penalty, greater than 0.

    Returns
    -------
    TwoDimensional

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    given = problem(retain, forget, retain_ij, alpha, epsilon, ridge)
    x = wrightomega(np.log(given.strength(given.retain)) + np.log(given.same))
    oracle = Point(x[()], (given.cross / given.same * x)[()])
    return TwoDimensional(pretrained_point(given), oracle, ascent_point(given))


def pretrained_point(given: Problem) -> Point:
    """Return the minimum of the loss on all data."""
    u, v = given.same, given.cross
    strength = given.strength(given.retain + given.forget)
    with np.errstate(divide="ignore"):
        forgotten = np.log(given.alpha * strength * u)

    def pulls(s: Array) -> tuple[Array, Array]:
        p = np.exp(s)
        return p, wrightomega(forgotten - v * p) / u

    def equation(s: Array) -> tuple[Array, Array]:
        p, q = pulls(s)
        value = s + u * p + v * q - np.log(strength)
        return value, 1 + p * (u - v**2 * q / (1 + u * q))

    # Both pulls are at their largest where the other is absent.
    largest = wrightomega(np.log(strength) + np.log(u)) / u
    high = np.log(largest)
    low = np.log(strength) - u * largest - v * wrightomega(forgotten) / u
    p, q = pulls(increasing_root(equation, low, high))
    return Point((u * p + v * q)[()], (v * p + u * q)[()])


def _retained_pull(given: Problem, q: Array) -> Array:
    """Return p of descent-ascent for a given q."""
    u, v = given.same, given.cross
    return wrightomega(np.log(given.strength(given.retain) * u) + v * q) / u


def _equation(given: Problem, r: Array) -> tuple[Array, Array]:
    """Return log q + v p - u q and its slope in r = log q."""
    u, v = given.same, given.cross
    q = np.exp(r)
    p = _retained_pull(given, q)
    return r + v * p - u * q, 1 - u * q + v**2 * p * q / (1 + u * p)


def _turning_point(given: Problem) -> tuple[Array, Array]:
    """Return log q where the minimum and the saddle of descent-ascent merge, and p there."""
    u, v = given.same, given.cross
    gap = (1 - given.epsilon**2) ** 2  # u^2 - v^2
    strength = np.log(given.strength(given.retain))

    def equation(s: Array) -> tuple[Array, Array]:
        p = np.exp(s)
        q = (1 + u * p) / (u + gap * p)
        return s + u * p - v * q - strength, 1 + p * (u - v**3 / (u + gap * p) ** 2)

    low = np.log(wrightomega(strength + v / u + np.log(u)) / u)
    s = increasing_root(equation, low, strength + v / u)
    p = np.exp(s)
    return np.log((1 + u * p) / (u + gap * p)), p


def ascent_limit(given: Problem) -> Array:
    """Return the alpha beyond which descent-ascent has no stationary point; alpha is not used."""
    value, _ = _equation(given, _turning_point(given)[0])
    return np.exp(value - np.log(given.strength(given.forget)))


def ascent_point(given: Problem) -> Point:
    """Return the local minimum of the descent-ascent loss, NaN where there is none."""
    turn, p = _turning_point(given)
    with np.errstate(divide="ignore"):
        wanted = np.log(given.alpha) + np.log(given.strength(given.forget))
    exists = (wanted <= _equation(given, turn)[0]) & (given.alpha > 0)

    def equation(r: Array) -> tuple[Array, Array]:
        value, slope = _equation(given, r)
        return value - wanted, slope

    low = np.where(exists, wanted - given.cross * p, np.nan)
    q = np.exp(increasing_root(equation, low, np.where(exists, turn, np.nan)))
    return _ascent_coordinates(given, np.where(given.alpha == 0, 0.0, q))


def saddle_point(given: Problem) -> Point:
    """Return the saddle of the descent-ascent loss, NaN where there is none.

    It exists where the minimum does, but for alpha = 0, and for e = 1 up to alpha = F/R.
    """
    turn, _ = _turning_point(given)
    with np.errstate(divide="ignore"):
        wanted = np.log(given.alpha) + np.log(given.strength(given.forget))
    exists = (wanted < _equation(given, turn)[0]) & (given.alpha > 0)
    exists &= (given.epsilon < 1) | (given.alpha > given.forget / given.retain)

    def equation(r: Array) -> tuple[Array, Array]:
        value, slope = _equation(given, r)
        return wanted - value, -slope

    high = np.where(exists, turn + 1, np.nan)
    for _ in range(1000):
        short = exists & (equation(high)[0] < 0)
        if not short.any():
            break
        high = np.where(short, high + 1, high)
    q = np.exp(increasing_root(equation, np.where(exists, turn, np.nan), high))
    return _ascent_coordinates(given, q)


def _ascent_coordinates(given: Problem, q: Array) -> Point:
    u, v = given.same, given.cross
    p = _retained_pull(given, q)
    return Point((u * p - v * q)[()], (v * p - u * q)[()])
