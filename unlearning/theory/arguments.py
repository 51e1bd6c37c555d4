"""What the theory's functions accept: finite float64 arrays that broadcast, in stated ranges."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def checked(
    *,
    positive: dict[str, ArrayLike] | None = None,
    non_negative: dict[str, ArrayLike] | None = None,
    unit_interval: dict[str, ArrayLike] | None = None,
) -> list[Array]:
    """Turn arguments into arrays of one shape, and refuse those outside their range.

    Parameters
    ----------
    positive, non_negative, unit_interval : dict
        Name of the argument -> its value, for arguments greater than 0, at least 0, and within
        [0, 1].

    Returns
    -------
    list of array
        float64, broadcast against each other, in the order given: positive first.

    Raises
    ------
    ValueError
        Names the argument, the first value that is wrong, and the range; or the shapes, when they
        do not broadcast.
    """
    arrays: dict[str, Array] = {}
    ranges = (
        (positive, "finite and greater than 0", lambda array: array > 0),
        (non_negative, "finite and at least 0", lambda array: array >= 0),
        (unit_interval, "within [0, 1]", lambda array: (array >= 0) & (array <= 1)),
    )
    for values, allowed, inside in ranges:
        for name, value in (values or {}).items():
            try:
                array = np.asarray(value, dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name} must be {allowed}, got {value!r}") from error
            wrong = ~(np.isfinite(array) & inside(array))
            if wrong.any():
                raise ValueError(f"{name} must be {allowed}, got {array[wrong].flat[0]}")
            arrays[name] = array
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes do not broadcast: {shapes}") from error
