"""Roots of increasing functions, all at once: Newton's method kept inside a bracket."""

from collections.abc import Callable

import numpy as np
from scipy.special import lambertw

from unlearning.theory.arguments import Array

Equation = Callable[[Array], tuple[Array, Array]]
"""Values and derivatives of increasing functions, one of each entry of the argument."""

ITERATIONS = 200

#: Where the series about the branch point is used, in units of the square root of the distance.
NEAR = 1e-4


def increasing_root(equation: Equation, low: Array, high: Array) -> Array:
    """Solve ``equation(root) = 0`` entry by entry.

    Parameters
    ----------
    equation : callable
        Takes an array, returns values and derivatives; increasing in every entry between the ends.
    low, high : array
        Ends of the brackets, finite. An entry whose value has the same sign at both ends ends up
        at one of them.

    Returns
    -------
    array
        The roots, to the precision with which `equation` is evaluated. Entries with NaN ends are
        NaN.

    Raises
    ------
    RuntimeError
        When a root has not been found after 200 steps, each of which is a Newton step or at least
        halves the bracket.
    """
    low, high = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    root = 0.5 * (low + high)
    previous = high - low
    for _ in range(ITERATIONS):
        with np.errstate(all="ignore"):
            value, slope = equation(root)
            low, high = np.where(value <= 0, root, low), np.where(value >= 0, root, high)
            newton = root - value / slope
        slow = np.abs(newton - root) > 0.5 * np.abs(previous)
        inside = (newton > low) & (newton < high)
        following = np.where(inside & ~slow, newton, 0.5 * (low + high))
        tiny = 4 * np.finfo(np.float64).eps * np.maximum(1, np.abs(root))
        converged = (np.abs(newton - root) <= tiny) | (high - low <= tiny) | np.isnan(root)
        if converged.all():
            return np.where(inside & (slope > 0), newton, root)
        previous = np.where(converged, previous, following - root)
        root = np.where(converged, root, following)
    raise RuntimeError(f"no root after {ITERATIONS} steps in {int((~converged).sum())} cases")


def lambert(argument: Array, branch: int = 0) -> Array:
    """Real Lambert W: the solution of w e^w = argument, NaN where the branch is not real.

    Parameters
    ----------
    argument : array
        Any shape; branch 0 is real from -1/e on, branch -1 from -1/e up to, not including, 0.
    branch : {0, -1}
    """
    argument = np.asarray(argument, dtype=np.float64)
    real = argument >= -np.exp(-1)
    if branch == -1:
        real &= argument < 0
    far = np.sqrt(2 * np.maximum(0, 1 + np.e * argument))
    near = real & (far < NEAR)
    w = lambertw(np.where(real & ~near, argument, -0.1), branch).real
    with np.errstate(all="ignore"):
        # One Newton step on w = z e^-w, the form in which stationarity is stated.
        step = (w - argument * np.exp(-w)) / (1 + w)
    w = np.where(np.abs(step) < 1e-6 * np.maximum(1, np.abs(w)), w - step, w)
    far = np.minimum(far, NEAR) if branch == 0 else -np.minimum(far, NEAR)
    w = np.where(near, -1 + far - far**2 / 3 + 11 / 72 * far**3, w)
    return np.where(real, w, np.nan)
