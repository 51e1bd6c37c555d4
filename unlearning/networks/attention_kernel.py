"""The compiled loops of attention over many short sequences, on a processor.

Everything a compiled function calls is in this file: its machine code is kept for as long as this
file's contents are the same.

torch's products and softmax are made for long sequences: over the dozen tokens of a name they take
ten times as long as the arithmetic. Here a sequence has as many tokens as it has, and none of the
later ones is looked at to be masked.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Sums may be taken in another order, so that they vectorise.
FAST = {"reassoc", "contract", "nsz"}


@njit(fastmath=FAST)
def _attend(
    parts: NDArray, first: NDArray, lengths: NDArray, shares: NDArray, found: NDArray
) -> None:
    heads, width = parts.shape[2:]
    scale = parts.dtype.type(width**-0.5)
    for sequence in range(first.size):
        start = first[sequence]
        for head in range(heads):
            for token in range(lengths[sequence]):
                query = parts[start + token, 0, head]
                share = shares[sequence, head, token]
                most = -np.inf
                for other in range(token + 1):
                    key = parts[start + other, 1, head]
                    score = parts.dtype.type(0)
                    for k in range(width):
                        score += query[k] * key[k]
                    share[other] = score * scale
                    most = max(most, share[other])
                total = parts.dtype.type(0)
                for other in range(token + 1):
                    share[other] = math.exp(share[other] - parts.dtype.type(most))
                    total += share[other]
                out = found[start + token, head]
                for other in range(token + 1):
                    share[other] /= total
                    value = parts[start + other, 2, head]
                    for k in range(width):
                        out[k] += share[other] * value[k]


@njit(fastmath=FAST)
def _descend(
    parts: NDArray,
    first: NDArray,
    lengths: NDArray,
    shares: NDArray,
    given: NDArray,
    into: NDArray,
) -> None:
    heads, width = parts.shape[2:]
    scale = parts.dtype.type(width**-0.5)
    slopes = np.empty(shares.shape[3], parts.dtype)
    for sequence in range(first.size):
        start = first[sequence]
        for head in range(heads):
            for token in range(lengths[sequence]):
                query, to_query = parts[start + token, 0, head], into[start + token, 0, head]
                out, share = given[start + token, head], shares[sequence, head, token]
                mean = parts.dtype.type(0)
                for other in range(token + 1):
                    value, to_value = parts[start + other, 2, head], into[start + other, 2, head]
                    slope = parts.dtype.type(0)
                    for k in range(width):
                        slope += out[k] * value[k]
                        to_value[k] += share[other] * out[k]
                    slopes[other] = slope
                    mean += share[other] * slope
                for other in range(token + 1):
                    key, to_key = parts[start + other, 1, head], into[start + other, 1, head]
                    slope = share[other] * (slopes[other] - mean) * scale
                    for k in range(width):
                        to_query[k] += slope * key[k]
                        to_key[k] += slope * query[k]


# A function a type and not one for both: see `unlearning.scoring.kernel`.
@njit(nogil=True, cache=True)
def attend_float32(
    parts: NDArray, first: NDArray, lengths: NDArray, shares: NDArray, found: NDArray
) -> None:
    """Attend in float32: fill what is found, and the shares that tokens have in it.

    Parameters
    ----------
    parts : (tokens, 3, heads, width) queries, keys and values
    first, lengths : (sequences,) where each begins among the tokens, and its tokens
    shares : (sequences, heads, longest, longest): of each token those before it, and itself
    found : (tokens, heads, width) of 0
    """
    _attend(parts, first, lengths, shares, found)


@njit(nogil=True, cache=True)
def attend_float64(
    parts: NDArray, first: NDArray, lengths: NDArray, shares: NDArray, found: NDArray
) -> None:
    """Attend in float64, as `attend_float32` does."""
    _attend(parts, first, lengths, shares, found)


@njit(nogil=True, cache=True)
def descend_float32(
    parts: NDArray,
    first: NDArray,
    lengths: NDArray,
    shares: NDArray,
    given: NDArray,
    into: NDArray,
) -> None:
    """Fill the gradient of the parts in float32.

    Parameters
    ----------
    parts, first, lengths, shares : as `attend_float32` left them
    given : (tokens, heads, width) the gradient of what was found
    into : (tokens, 3, heads, width) of 0
    """
    _descend(parts, first, lengths, shares, given, into)


@njit(nogil=True, cache=True)
def descend_float64(
    parts: NDArray,
    first: NDArray,
    lengths: NDArray,
    shares: NDArray,
    given: NDArray,
    into: NDArray,
) -> None:
    """Fill the gradient of the parts in float64, as `descend_float32` does."""
    _descend(parts, first, lengths, shares, given, into)
