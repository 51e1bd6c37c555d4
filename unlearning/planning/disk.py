"""Say before a run that its results cannot be written, and what to do about it."""

import os
import shutil
from pathlib import Path

LEAST = 10 * 2**20  # bytes free: Snakemake's own notes and logs take some


def check_space(folder: str | os.PathLike[str]) -> None:
    """Refuse a disk without space.

    Raises
    ------
    ValueError
        When less than `LEAST` bytes are free where the folder is.
    """
    if shutil.disk_usage(folder).free < LEAST:
        raise ValueError(
            f"the disk of {Path(folder).resolve()} is full, {LEAST // 2**20} MiB are the least; "
            "free some space and give the same command again, what is finished is kept"
        )


def check_room(folder: str | os.PathLike[str], wanted: int) -> None:
    """Refuse a disk without room for what is about to be written.

    Parameters
    ----------
    folder : where to, which exists
    wanted : bytes

    Raises
    ------
    ValueError
        Says how much is wanted and free.
    """
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise ValueError(
            f"the disk of {Path(folder).resolve()} has {free / 1e9:.2f} GB free, and "
            f"{wanted / 1e9:.2f} GB are to be written; free some space and give the same command "
            "again, what is finished is kept"
        )


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Refuse a folder that cannot be written to, or not be created.

    Raises
    ------
    ValueError
        Names the folder.
    """
    found = Path(folder).resolve()
    while not found.exists():
        found = found.parent
    if not os.access(found, os.W_OK | os.X_OK):
        raise ValueError(
            f"{found} cannot be written to: give yourself the right to, or mount its disk for "
            "writing, and give the same command again; what is finished is kept"
        )
