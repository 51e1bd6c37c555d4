"""Appendix F.3: a descent step on the retain set and an ascent step on the forget set, in turn.

With r = R_j/R, f = alpha R_j/F, step size eta and ridge lambda, one round is

    between = w + eta (r e^-w - lambda w)                      (descent)
    w'      = between - eta (f e^-between + lambda between)    (ascent)

A fixed point w' = w is a root, in `between`, of

    log(A between + beta E) + beta between - eta E = log r,

where beta = 1 - eta lambda, A = lambda (1 + beta), E = f e^-between. How often the left side turns
is settled by Q = A - beta E + (beta + eta E) (A between + beta E), whose sign is that of the
slope: E^2 Q'' is a quadratic in E. So the turning points of Q', Q and the equation itself are
found one after the other, each between those of the one before, and no root is missed.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from unlearning.theory.arguments import Array, checked
from unlearning.theory.roots import increasing_root, lambert


def iterate(
    weight: Array, retain_rate: Array, forget_rate: Array, ridge: Array, step: Array
) -> Array:
    """Do one round of descent and ascent (Eq. 3).

    Parameters
    ----------
    weight : array
        Weights of coordinate j.
    retain_rate, forget_rate : array
        R_j/R and alpha R_j/F.
    ridge, step : array
        lambda and eta.
    """
    between = weight + step * (retain_rate * np.exp(-weight) - ridge * weight)
    return between - step * (forget_rate * np.exp(-between) + ridge * between)


def iterative_fixed_point(
    retain: ArrayLike,
    forget: ArrayLike,
    retain_j: ArrayLike,
    alpha: ArrayLike,
    ridge: ArrayLike,
    step: ArrayLike,
) -> Array:
    """Return the largest fixed point of iterative descent-ascent in coordinate j.

    The largest is the one that an iteration with a small step meets first on its way down from
    the pretrained weight. As the step goes to 0 it becomes the descent-ascent minimum at twice
    the ridge, or, where that has no minimum, falls like the logarithm of the step. It may be
    unstable: the iteration then stays bounded but does not settle on it.

    Parameters
    ----------
    retain, forget, retain_j, alpha, ridge : array_like
        As in `one_dimensional`.
    step : array_like
        Step size eta of both steps, greater than 0.

    Returns
    -------
    array
        The weight after the ascent step; NaN where the iteration has no fixed point, which takes
        a step larger than 1 / ridge.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    retain, forget, retain_j, ridge, step, alpha = checked(
        positive={
            "retain": retain,
            "forget": forget,
            "retain_j": retain_j,
            "ridge": ridge,
            "step": step,
        },
        non_negative={"alpha": alpha},
    )
    shape = retain.shape
    flat = [np.ravel(array) for array in (retain, forget, retain_j, ridge, step, alpha)]
    retain, forget, retain_j, ridge, step, alpha = flat
    fixed = np.full(retain.shape, np.nan)
    descent = alpha == 0
    with np.errstate(all="ignore"):
        # Without forgotten samples the second step only decays the weight.
        beta = 1 - step * ridge
        scale = retain_j / retain / (ridge * (1 + beta))
        between = np.where(beta == 0, scale, lambert(beta * scale) / beta)
        plain = np.where(beta == -1, np.nan, beta * between)
    fixed[descent] = plain[descent]
    ascent = ~descent
    if ascent.any():
        chosen = [array[ascent] for array in (retain, forget, retain_j, ridge, step, alpha)]
        fixed[ascent] = _largest(*chosen)
    return fixed.reshape(shape)[()]


def _largest(
    retain: Array, forget: Array, retain_j: Array, ridge: Array, step: Array, alpha: Array
) -> Array:
    """Return the largest fixed point for alpha > 0; arrays of one length.

    Everything is a function of t = -log E, which grows with `between`.
    """
    beta = 1 - step * ridge
    slope = ridge * (1 + beta)
    log_forget = np.log(alpha) + np.log(retain_j) - np.log(forget)
    rate = retain_j / retain

    def terms(t: Array) -> tuple[Array, Array, Array]:
        ascent = np.exp(-t)
        between = t + log_forget
        return between, ascent, slope * between + beta * ascent

    def slope_of_slope(t: Array) -> Array:  # dQ/dE, times E
        _, ascent, total = terms(t)
        change = beta * ascent - slope  # of `total`, times E
        return -beta * ascent + step * ascent * total + (beta + step * ascent) * change

    def slope_sign(t: Array) -> Array:  # Q
        _, ascent, total = terms(t)
        return slope - beta * ascent + (beta + step * ascent) * total

    def equation(t: Array) -> Array:
        between, ascent, total = terms(t)
        return total - rate * np.exp(step * ascent - beta * between)

    # Beyond these ends E is so large that e^(eta E) decides, or `between` so large that A between
    # or e^(-beta between) does.
    low = np.minimum(-np.log(800 / step), -log_forget) - 1
    scale = np.abs(slope) + np.abs(beta) + rate + 1
    reach = 800 * scale / np.minimum(1, np.minimum(np.abs(slope), np.abs(beta) + np.abs(slope)))
    high = np.maximum(-log_forget, 0) + np.maximum(reach, 10)
    with np.errstate(all="ignore"):
        # Roots E of 2 eta beta E^2 - eta A E + beta A, in the stable form of the quadratic formula.
        root = np.sqrt((step * slope) ** 2 - 8 * step * beta**2 * slope)
        half = 0.5 * (step * slope + np.copysign(root, step * slope))
        turns = [-np.log(half / (2 * step * beta)), -np.log(beta * slope / half)]
        ends = _between(turns, low, high)
        for function in (slope_of_slope, slope_sign):
            ends = _between(_roots(function, ends), low, high)
        solutions = np.array(_roots(equation, ends))
    found = np.isfinite(solutions)
    t = np.max(np.where(found, solutions, -np.inf), axis=0)
    t = np.where(found.any(axis=0), t, np.nan)
    with np.errstate(invalid="ignore"):
        return beta * (t + log_forget) - step * np.exp(-t)


def _between(turns: list[Array], low: Array, high: Array) -> list[Array]:
    """Sort turning points and add the ends; a turn that is missing becomes an end."""
    inside = [np.where((turn > low) & (turn < high), turn, high) for turn in turns]
    return [low, *np.sort(np.array(inside), axis=0), high]


def _roots(function: Callable[[Array], Array], ends: list[Array]) -> list[Array]:
    """Return the root in each interval, NaN where the function does not change sign there."""
    values = [function(end) for end in ends]
    found = []
    for low, high, first, last in zip(ends, ends[1:], values, values[1:], strict=False):
        changes = (np.sign(first) * np.sign(last) < 0) | ((first == 0) & (high > low))
        sign = np.where(first == 0, 0.0, np.sign(last))

        def increasing(t: Array, sign: Array = sign) -> tuple[Array, Array]:
            value = sign * function(t)
            small = 1e-7 * np.maximum(1, np.abs(t))
            return value, (sign * function(t + small) - value) / small

        start, end = (np.where(changes, point, np.nan) for point in (low, high))
        found.append(increasing_root(increasing, start, np.where(first == 0, start, end)))
    return found
