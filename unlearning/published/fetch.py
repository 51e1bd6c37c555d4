"""Fetch the files of a published source that a study needs, at one revision."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from unlearning.published import easydub, klom_models

logger = logging.getLogger(__name__)

LAYOUTS = {"easydub": easydub, "klom_models": klom_models}


def fetch(
    source: str,
    folder: str | Path,
    revision: str,
    pretrained: int,
    oracles: int,
    forget_sets: Sequence[int],
) -> Path:
    """Download what is missing of the files needed; what is there and complete is kept.

    Without a network, files that an earlier download has left complete are enough: they are held
    against the checksums that it noted.

    Parameters
    ----------
    source : one of `LAYOUTS`
    folder : where to keep sources, each revision in a folder of its own
    revision : commit of the source
    pretrained, oracles : number of members of the ensembles, counted from 0
    forget_sets : numbers of the forget sets whose oracles are needed

    Returns
    -------
    Path
        Folder with the layout of the source.

    Raises
    ------
    ValueError
        When the source is unknown, the revision is not the hash of a commit, or a file is not
        what the source has the checksum of.
    FileNotFoundError
        When the download fails, or the source lacks a file that is needed.
    """
    if source not in LAYOUTS:
        raise ValueError(f"source must be one of {', '.join(LAYOUTS)}, not {source!r}.")
    if not re.fullmatch("[0-9a-f]{40}", revision):
        raise ValueError(
            f"revision must be the 40 hexadecimal digits of a commit, not {revision!r}: what a "
            "branch or tag means can change, and the study could not be repeated."
        )
    layout = LAYOUTS[source]
    target = Path(folder) / source / revision
    patterns = _names(layout, numbers_below(pretrained), numbers_below(oracles), forget_sets)
    needed = _names(layout, range(pretrained), range(oracles), forget_sets)
    try:
        changed = _download(layout.REPOSITORY, revision, target, sorted(patterns))
    except FileNotFoundError as error:
        noted = _noted_checksums(target, revision, needed)
        if noted is None:
            raise
        logger.warning("%s; all %d files needed are there, and used", error, len(noted))
        changed = [name for name in sorted(noted) if not _has(target / name, noted[name])]
    # Without a network the library can be content with a folder that has anything in it.
    missing = sorted(name for name in needed if not (target / name).is_file())
    if missing:
        raise FileNotFoundError(
            f"{layout.REPOSITORY} at revision {revision} lacks {len(missing)} of the {len(needed)} "
            f"files needed, the first is {missing[0]}; ask for fewer members or other forget sets."
        )
    if changed:
        raise ValueError(
            f"{target / changed[0]} is damaged, one of {len(changed)}: it is not what the source "
            "has the checksum of; delete it and run again."
        )
    return target


def _names(
    layout: Any,
    pretrained: Iterable[int | str],
    oracles: Iterable[int | str],
    forget_sets: Sequence[int],
) -> set[str]:
    """Return the names of the files of some members, or patterns of them."""
    names = {name for member in pretrained for name in layout.pretrained_files(member)}
    return names | {
        name
        for member in oracles
        for number in forget_sets
        for name in layout.oracle_files(member, number)
    }


def _download(repository: str, revision: str, target: Path, patterns: list[str]) -> list[str]:
    """Download files, and return the names of those that do not have the source's checksum."""
    # Only a download needs the library.
    import huggingface_hub

    try:
        huggingface_hub.snapshot_download(
            repository,
            repo_type="dataset",
            revision=revision,
            local_dir=target,
            allow_patterns=patterns,
        )
        # The download itself compares sizes, and trusts what an earlier one has left.
        checked = huggingface_hub.HfApi().verify_repo_checksums(
            repository, repo_type="dataset", revision=revision, local_dir=target
        )
    except Exception as error:  # the errors of the library and of its HTTP client share no base
        raise FileNotFoundError(
            f"{repository} at revision {revision} could not be fetched into {target} "
            f"({' '.join(str(error).split())}); check network and revision and run again, what "
            "has arrived is kept, or get it by other means and give its folder."
        ) from error
    return [mismatch["path"] for mismatch in checked.mismatches]


def _noted_checksums(target: Path, revision: str, needed: Iterable[str]) -> dict[str, str] | None:
    """Return what the library noted of files when it downloaded them; None if one is missing.

    It keeps, below ``.cache``, three lines for each: the commit, the checksum, the time.
    """
    found = {}
    for name in needed:
        note = target / ".cache" / "huggingface" / "download" / f"{name}.metadata"
        if not (target / name).is_file() or not note.is_file():
            return None
        commit, checksum, *_ = [*note.read_text().splitlines(), "", ""]
        if commit != revision or not checksum:
            return None
        found[name] = checksum
    return found


def _has(path: Path, checksum: str) -> bool:
    """Return whether a file has a checksum: SHA-256 of a large one, git's identifier of others."""
    # As the library itself compares them where it has a network.
    from huggingface_hub.utils.sha import git_hash, sha_fileobj

    with path.open("rb") as file:
        found = sha_fileobj(file).hex() if len(checksum) == 64 else git_hash(file.read())
    return found == checksum


def numbers_below(count: int) -> list[str]:
    """Return patterns of the numbers 0 to ``count - 1``, and of nothing else.

    Each of a source's tens of thousands of files is compared with every pattern, and a pattern a
    member would be thousands.
    """
    digits = str(count)
    patterns = [
        "[1-9]" * (length > 1) + "[0-9]" * (length - (length > 1))
        for length in range(1, len(digits))
    ]
    for place, digit in enumerate(map(int, digits)):
        lowest = int(place == 0 and len(digits) > 1)
        if digit > lowest:
            rest = len(digits) - place - 1
            patterns.append(f"{digits[:place]}[{lowest}-{digit - 1}]" + "[0-9]" * rest)
    return patterns
