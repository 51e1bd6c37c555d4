"""The datamodel matrix as a file: more than fits into memory, it is gone through in blocks.

Row j holds the datamodel of target j, in float32; the file is mapped, and `release` takes the
pages that are done with out of the process.
"""

import os
import pickle
from collections.abc import Iterator
from mmap import MADV_DONTNEED, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unlearning.artifacts.files import created_array

if TYPE_CHECKING:
    import torch

PUBLISHED_KEYS = ("weight", "bias", "lam")

# Rows of a published file read together, and columns of them copied together: at 50,000 points,
# the pages of both files that a block of rows touches take about 2 GB.
_POINTS = 4096
_TARGETS = 256


def blocks(count: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover 0 to `count`."""
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def release(array: NDArray) -> None:
    """Write what changed in a mapped file, and take its pages out of this process's memory.

    The numbers stay: the next access maps the pages again. Without it, a process that goes through
    a file ends up holding all of it. Arrays that are no mapped file are left alone.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and not isinstance(owner.base, mmap):
        owner = owner.base
    # What was written to a copy-on-write map is in no file that it could come back from.
    if owner is not None and getattr(owner, "mode", "c") != "c":
        owner.base.flush()
        owner.base.madvise(MADV_DONTNEED)


def import_published(path: str | os.PathLike[str], output: str, n_train: int) -> None:
    """Write a published train-by-train weight matrix as ``.npy``: a row a target, sealed.

    The file is one of ``torch.save`` with a dictionary: ``weight`` of shape (n_train, targets),
    with the datamodel of a target in each *column*, and ``bias`` and ``lam``, which are not used.
    It is loaded without running code that it may contain, and never held whole.

    Parameters
    ----------
    path : the published file, such as ``train_50pct.pt``
    output : the ``.npy`` file, float32 of shape (n_train, n_train)
    n_train : training points, which are the targets too

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is no such file, needs code of its own to be loaded, or its weights are of another
        shape or type, or not finite. Then no output is written.
    """
    import torch

    _published_weight(path, n_train)
    with created_array(output, (n_train, n_train), np.float32) as matrix:
        for points in blocks(n_train, _POINTS):
            # Mapped anew: the pages that the last block read leave memory with their map.
            weight = _published_weight(path, n_train)
            for targets in blocks(n_train, _TARGETS):
                part = weight[points, targets].to(torch.float32).numpy()
                bad = np.argwhere(~np.isfinite(part))
                if len(bad):
                    point, target = bad[0] + [points.start, targets.start]
                    raise ValueError(
                        f"{path}: weights must be finite numbers of float32, but that of training "
                        f"point {point} on target {target} is not."
                    )
                matrix[targets, points] = part.T
            del weight, part
            release(matrix)


def _published_weight(path: str | os.PathLike[str], n_train: int) -> "torch.Tensor":
    """Map the weights of a published file into memory, checked but for their values."""
    import torch

    expected = (
        "expected is a file of torch.save with a dictionary of the tensors "
        f"{', '.join(PUBLISHED_KEYS)}"
    )
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is missing; {expected}.")
    try:
        content = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} is damaged, or holds objects that only code from the file could restore, "
            f"which is not run; {expected}."
        ) from error
    except Exception as error:  # what a damaged file makes torch raise is not documented
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"{path} cannot be read ({reason}); {expected}.") from error
    keys = list(content) if isinstance(content, dict) else None
    if keys is None or not set(PUBLISHED_KEYS) <= set(keys):
        found = type(content).__name__ if keys is None else f"dictionary with the keys {keys}"
        raise ValueError(f"{path} holds a {found}; {expected}.")
    weight = content["weight"]
    dense = isinstance(weight, torch.Tensor) and weight.layout == torch.strided
    if not dense or not weight.is_floating_point():
        kind = f"{weight.dtype}, {weight.layout}" if torch.is_tensor(weight) else type(weight)
        raise ValueError(f"{path}: weight must be a dense tensor of floats, but it is {kind}.")
    if weight.shape != (n_train, n_train):
        raise ValueError(
            f"{path}: weight must have shape (n_train, n_train) = {(n_train, n_train)}, the "
            f"training points themselves being the targets, but its shape is {tuple(weight.shape)}."
        )
    return weight.detach()
