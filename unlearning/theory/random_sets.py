"""Section 3 and Appendix E: how far the accuracy on a random forget set can be from the test's."""

import numpy as np
from numpy.typing import ArrayLike

from unlearning.theory.arguments import Array, checked


def hoeffding_bound(n: ArrayLike, epsilon: ArrayLike) -> Array:
    """Bound the probability that Acc_F is epsilon or more from Acc_T (Lemma 1).

    It holds for a model that does not depend on the forget set (an oracle), and for Acc_T the
    accuracy on the population that the forget set was drawn from. It says nothing of a model
    trained on the forget set, and nothing of an Acc_T that is an estimate: for that,
    `two_sample_bound`.

    Parameters
    ----------
    n : array_like
        Points in the forget set, greater than 0.
    epsilon : array_like
        Difference of accuracies, within [0, 1].

    Returns
    -------
    array
        2 exp(-2 n epsilon^2), of the broadcast shape; as printed, so up to 2.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    n, epsilon = checked(positive={"n": n}, unit_interval={"epsilon": epsilon})
    return 2 * np.exp(-2 * n * epsilon**2)


def two_sample_bound(n: ArrayLike, m: ArrayLike, epsilon: ArrayLike) -> Array:
    """Bound the same probability when Acc_T is measured on m test points.

    Hoeffding's inequality (Lemma 12) on the n + m independent answers:
    2 exp(-2 epsilon^2 n m / (n + m)).

    Parameters
    ----------
    n, m : array_like
        Points in the forget set and in the test set, greater than 0.
    epsilon : array_like
        Difference of accuracies, within [0, 1].

    Returns
    -------
    array
        Broadcast shape; up to 2.

    Raises
    ------
    ValueError
        Names the argument out of range.
    """
    n, m, epsilon = checked(positive={"n": n, "m": m}, unit_interval={"epsilon": epsilon})
    return 2 * np.exp(-2 * epsilon**2 / (1 / n + 1 / m))


def smallest_difference(bound: ArrayLike, n: ArrayLike, m: ArrayLike) -> Array:
    """Invert `two_sample_bound`: the epsilon at which it equals `bound`.

    Parameters
    ----------
    bound : array_like
        A probability, greater than 0.
    n, m : array_like
        Points in the forget set and in the test set, greater than 0.
    """
    bound, n, m = checked(positive={"bound": bound, "n": n, "m": m})
    return np.sqrt(np.maximum(0, np.log(2 / bound)) / 2 * (1 / n + 1 / m))
