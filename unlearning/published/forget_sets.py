"""Published forget sets, of every source; without what reads margins and checkpoints."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unlearning.forget_sets import read_indices, validate

#: Where a source has them; ``{}`` is the number of a forget set.
INDICES = {
    "easydub": "forget_sets/cifar10/forget_set_{}.npy",
    "klom_models": "forget_set_indices/CIFAR10/forget_set_{}.npy",
}


def forget_indices(
    source: str, folder: str | Path, number: int, *, n_train: int
) -> NDArray[np.int64]:
    """Read a published forget set.

    Parameters
    ----------
    source : one of `INDICES`
    folder : with the layout of the source
    number : of the forget set
    n_train : number of training points

    Returns
    -------
    ndarray of int64, shape (size,)
        Sorted indices of training points.

    Raises
    ------
    ValueError
        When the file cannot be read or holds no forget set: names the file.
    """
    path = Path(folder) / INDICES[source].format(number)
    return validate(read_indices(path), n_train, str(path))
