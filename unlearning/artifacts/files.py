"""Write artifacts so that a killed job leaves nothing that looks finished; refuse bad ones.

Every file that a later job reads carries a checksum of itself. Arrays and tables end in a line with
the SHA-256 of what stands before it and with their place in the study, so that a sound file in the
place of another one is refused as well: readers of ``.npy`` ignore what follows the array, and to
readers of tables it is a comment. Records hold theirs under a key of its own, and say whose they
are.
"""

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

SEAL = re.compile(rb"# sha256 ([0-9a-f]{64}) ([^\n]+)\n\Z")
LONGEST_SEAL = 80 + 4096  # a path has no more bytes
CHECKSUM = "sha256"  # the key of a record's own


class ArtifactError(ValueError):
    """An artifact on disk is not what its reader needs."""


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside ``path``, renamed to it when the block ends without an error.

    Raises
    ------
    OSError
        When the disk is full or cannot be written: names the file and what to do.
    """
    target = Path(path)
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, target)
    except Exception as error:  # safetensors has an error of its own for a full disk
        for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            if os.strerror(code) in str(error):
                advice = "free or unlock the disk and run again; what is finished is kept"
                raise OSError(f"{target}: {os.strerror(code)}; {advice}") from error
        raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def seal(file: Path, path: str | os.PathLike[str]) -> None:
    """Append its checksum and its name to a file that is about to get its path."""
    with file.open("r+b") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
        stream.write(b"# sha256 %s %s\n" % (digest.encode(), os.fsencode(_name(path))))


def _name(path: str | os.PathLike[str]) -> str:
    """Return what is sealed of a path: from the study's folder on, which may be moved or renamed.

    A job is given ``results/<study>/...``; of other paths the two first parts are left out as well.
    """
    parts = Path(path).parts
    return Path(*parts[2:] if len(parts) > 2 else parts).as_posix()


def check_seal(path: str | os.PathLike[str]) -> int:
    """Read a file once and compare it with its seal.

    Returns
    -------
    int
        Bytes before the seal.

    Raises
    ------
    ArtifactError
        When the file is missing, cut short, changed, never sealed, or was written to another place.
    """
    digest = sha256()
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(size - LONGEST_SEAL, 0))
            sealed = SEAL.search(file.read())
            length = size - len(sealed[0]) if sealed else 0
            file.seek(0)
            left = length
            while left > 0 and (block := file.read(min(left, 2**20))):
                digest.update(block)
                left -= len(block)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read ({error}); delete it and run again") from error
    if sealed is None:
        raise ArtifactError(
            f"{path} is not a complete file of this workflow: it does not end in a checksum; "
            "delete it and run again"
        )
    checksum, name = sealed[1].decode(), os.fsdecode(sealed[2])
    if checksum != digest.hexdigest():
        raise ArtifactError(
            f"{path} is damaged: it is not what its checksum was taken of; delete it and run again"
        )
    if not os.path.abspath(path).endswith(f"/{name}"):
        raise ArtifactError(f"{path} is another file, {name}; delete it and run again")
    return length


def save_array(path: str, array: Array) -> None:
    """Write an array as ``.npy``, sealed."""
    with atomic(path) as temporary:
        np.save(temporary, array, allow_pickle=False)
        seal(temporary, path)


@contextmanager
def created_array(path: str, shape: tuple[int, ...], dtype: DTypeLike) -> Iterator[Array]:
    """Give an array to fill that is mapped to a ``.npy`` file, which is sealed at the end.

    Raises
    ------
    OSError
        When the disk has no room for the whole array.
    """
    with atomic(path) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            # A disk found full later, when a mapped page is written, would kill the process.
            with temporary.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, temporary.stat().st_size)
        yield array
        array.flush()
        seal(temporary, path)


def load_array(path: str, *, shape: tuple[int | None, ...], dtype: type[np.generic] | str) -> Array:
    """Check a sealed ``.npy`` file, and map it into memory, read-only.

    Parameters
    ----------
    path : the file
    shape : expected shape; None allows any length
    dtype : expected type

    Raises
    ------
    ArtifactError
        When the file is missing, damaged, not an array, or of another shape or type.
    """
    check_seal(path)
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


def _written(record: dict[str, Any]) -> str:
    checksum = sha256(json.dumps(record).encode()).hexdigest()
    return json.dumps({**record, CHECKSUM: checksum}, indent=1) + "\n"


def save_record(path: str, record: dict[str, Any]) -> None:
    """Write a small dictionary as JSON, with its checksum."""
    with atomic(path) as temporary:
        temporary.write_text(_written(record))


def load_record(path: str) -> dict[str, Any]:
    """Read what `save_record` wrote.

    Raises
    ------
    ArtifactError
        When the file is missing, not JSON, or not what was written.
    """
    try:
        text = Path(path).read_text()
        record: dict[str, Any] = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(
            f"{path} is not a complete record ({error}); delete it and run again"
        ) from error
    if not isinstance(record, dict) or record.pop(CHECKSUM, None) is None:
        raise ArtifactError(
            f"{path} is not a record of this workflow: it holds no checksum; "
            "delete it and run again"
        )
    if text != _written(record):
        raise ArtifactError(
            f"{path} is damaged: it is not what its checksum was taken of; delete it and run again"
        )
    return record
