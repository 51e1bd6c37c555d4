"""Whether margins that were computed twice are those of the same member.

Apart from `checks`: what is imported must not depend on how it is scored.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Of 1 + |margin|. A trained ResNet-9 differs from its margins in float64 by at most 3e-6 of that in
# float32, 0.005 in TF32 or half precision and 0.04 in bfloat16; another member was off by 3.
RECOMPUTED = 0.05


def alike(stored: NDArray[np.float32], recomputed: NDArray[np.floating]) -> bool:
    """Say whether margins differ by no more than 0.05 (1 + |margin|).

    Other devices and number formats round otherwise.
    """
    # A NaN is not within any tolerance.
    return bool((np.abs(recomputed - stored) <= RECOMPUTED * (1 + np.abs(stored))).all())


def check_recomputed(stored: NDArray[np.float32], recomputed: ArrayLike, path: str) -> None:
    """Check that a checkpoint has the margins that are stored for it.

    Parameters
    ----------
    stored, recomputed : (points,) one member's margins
    path : the checkpoint, for errors

    Raises
    ------
    ValueError
        When they differ by more: names the point where they differ most.
    """
    computed = np.asarray(recomputed)
    if computed.shape != stored.shape:
        raise ValueError(
            f"{path}: its recomputed margins have shape {computed.shape}, "
            f"the stored ones {stored.shape}."
        )
    if not alike(stored, computed):
        differences = np.abs(computed - stored)
        point = int(np.argmax(differences))  # a NaN is the largest
        raise ValueError(
            f"{path}: its recomputed margins are not those stored for it: they differ most at "
            f"point {point}, by {differences[point]:.3g} ({computed[point]:.6g}, stored "
            f"{stored[point]:.6g}); {RECOMPUTED} (1 + |margin|) is allowed."
        )
