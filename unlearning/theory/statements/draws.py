"""Random data sets to try statements on."""

import numpy as np
from numpy.typing import NDArray

from unlearning.theory.arguments import Array

LARGEST = 1000


def sizes(rng: np.random.Generator, cases: int, largest: Array | int = LARGEST) -> Array:
    """Draw whole numbers from 1 to `largest`, uniform in their logarithm."""
    return np.floor(np.exp(rng.uniform(0, np.log(np.asarray(largest) + 1), cases)))


def ridges(rng: np.random.Generator, cases: int) -> Array:
    """Draw ridge factors from 1e-4 to 10, uniform in their logarithm."""
    return 10 ** rng.uniform(-4, 1, cases)


def one_coordinate(rng: np.random.Generator, cases: int) -> dict[str, Array]:
    """Draw arguments of `one_dimensional`: data sets that can be written down.

    No coordinate has more retained samples than there are, nor more forgotten ones.
    """
    retain, forget = sizes(rng, cases) + 1, sizes(rng, cases)
    retain_j = sizes(rng, cases, retain)
    return {
        "retain": retain,
        "forget": forget,
        "retain_j": retain_j,
        "alpha": sizes(rng, cases, forget) / retain_j,
        "ridge": ridges(rng, cases),
    }


def two_coordinates(rng: np.random.Generator, cases: int) -> dict[str, Array]:
    """Draw arguments of `two_dimensional`; a tenth of the correlations are close to 0, and to 1."""
    drawn = one_coordinate(rng, cases)
    drawn["retain_ij"] = drawn.pop("retain_j")
    near = 10 ** rng.uniform(-6, -1, cases)
    kind = rng.integers(0, 10, cases)
    uniform = rng.uniform(0, 1, cases)
    drawn["epsilon"] = np.select([kind == 0, kind == 1], [near, 1 - near], uniform)
    return drawn


def within(rng: np.random.Generator, low: Array, high: Array) -> Array:
    """Draw uniformly between two ends, NaN where the lower end is the higher."""
    share = rng.uniform(0, 1, np.shape(low))
    return np.where(low <= high, low + share * (high - low), np.nan)


def some(rng: np.random.Generator, cases: int, share: float) -> NDArray[np.bool_]:
    """Mark a random share of the cases."""
    return rng.uniform(0, 1, cases) < share
