"""Write artifacts so that a killed job leaves nothing that looks finished; refuse bad ones."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class ArtifactError(ValueError):
    """An artifact on disk is not what its reader needs."""


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside ``path``, renamed to it when the block ends without an error."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def save_array(path: str, array: Array) -> None:
    """Write an array as ``.npy``."""
    with atomic(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def load_array(path: str, *, shape: tuple[int | None, ...], dtype: type[np.generic]) -> Array:
    """Map a ``.npy`` file into memory, read-only.

    Parameters
    ----------
    path : the file
    shape : expected shape; None allows any length
    dtype : expected type

    Raises
    ------
    ArtifactError
        When the file is missing, truncated, not an array, or of another shape or type.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ArtifactError(
            f"{path} is not a complete .npy file ({error}); delete it and run again"
        ) from error
    fits = array.ndim == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype != dtype:
        wanted_shape = tuple("any" if length is None else length for length in shape)
        raise ArtifactError(
            f"{path} holds {array.dtype} of shape {array.shape}, "
            f"expected {np.dtype(dtype)} of shape {wanted_shape}; delete it and run again"
        )
    return array


def save_correct(path: str, correct: NDArray[np.bool_]) -> None:
    """Write which points each member predicts right, (..., points), eight points a byte."""
    save_array(path, np.packbits(correct, axis=-1))


def load_correct(path: str, *, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Read what `save_correct` wrote.

    Parameters
    ----------
    path : the file
    shape : (..., points) that was saved
    """
    packed_shape = (*shape[:-1], -(-shape[-1] // 8))
    packed = load_array(path, shape=packed_shape, dtype=np.uint8)
    return np.unpackbits(packed, axis=-1, count=shape[-1]).astype(np.bool_)


def save_record(path: str, record: dict[str, Any]) -> None:
    """Write a small dictionary as JSON."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


def load_record(path: str) -> dict[str, Any]:
    """Read what `save_record` wrote.

    Raises
    ------
    ArtifactError
        When the file is missing or not JSON.
    """
    try:
        record: dict[str, Any] = json.loads(Path(path).read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise ArtifactError(
            f"{path} is not a complete record ({error}); delete it and run again"
        ) from error
    return record
