"""One small file that stands for all code behind a job: rules declare one input, not thirty.

A listing names the files of code that a rule depends on, with git's identifiers of their contents.
It is itself named after what it says, so that other code is another input: Snakemake then says that
the set of inputs has changed. And since it lies in the study's own folder, neither the study nor
the repository is tied to where it is.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from unlearning.study.sources import blob, is_outside, known, located, packages, sources

#: Where listings are, from the working directory: with Snakemake's own records, which name them.
FOLDER = ".snakemake/code"
LAST = "last"
READER = "unlearning/study/sources.py"
KNOWN = Path(FOLDER, "imports.json")


class Listings:
    """Writes listings of code, and says once what has changed since the last run.

    Parameters
    ----------
    tell : called with one sentence for each file of code that has changed
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.told: set[str] = set()
        self.listings: dict[tuple[str, ...], str] = {}
        self.reader = blob(READER)
        if KNOWN.is_file():
            # A file that is cut short, or that another version wrote, is as good as none.
            with suppress(ValueError, KeyError, TypeError):
                kept = json.loads(KNOWN.read_text())
                if kept["reader"] == self.reader:
                    known.update(kept["known"])
        self.kept = len(known)

    def __call__(self, *paths: str) -> str:
        """Return the listing of files and of everything that `sources` finds behind them.

        Parameters
        ----------
        paths : names of files, as `sources` has them, the script first

        Returns
        -------
        str
            Path relative to the working directory: a folder named after the files, a digest.

        Raises
        ------
        FileNotFoundError
            When one of the paths is not a file.
        """
        if paths not in self.listings:
            self.listings[paths] = self._listing(paths)
        return self.listings[paths]

    def _listing(self, paths: tuple[str, ...]) -> str:
        files = sources(*paths)
        text = "".join(f"{blob(name)} {_label(name, paths)}\n" for name in files)
        stems = (re.sub(r"[^\w.-]", "_", Path(path).stem) for path in paths)
        folder = Path(FOLDER, "+".join(stems))
        listing = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        if not listing.is_file():
            # As old as what it lists: it must not make finished results look older than their code.
            _write(listing, text, max(located(name).stat().st_mtime for name in files))
        if len(known) > self.kept:
            self.kept = len(known)
            _write(KNOWN, json.dumps({"reader": self.reader, "known": known}))
        self._tell(folder, listing)
        return listing.as_posix()

    def _tell(self, folder: Path, listing: Path) -> None:
        last = folder / LAST
        before = folder / last.read_text() if last.is_file() else listing
        if before == listing or not before.is_file():
            return
        lines = set(before.read_text().splitlines()) ^ set(listing.read_text().splitlines())
        for name in sorted({line.partition(" ")[2] for line in lines} - self.told):
            self.told.add(name)
            self.tell(f"Code has changed since the last run: {name}")

    @staticmethod
    def packages(inputs: Iterable[str]) -> set[str]:
        """Return the names of the packages that the code behind inputs of jobs imports."""
        listings = {path for path in inputs if is_listing(path)}
        lines = {line for path in listings for line in Path(path).read_text().splitlines()}
        names = {line.partition(" ")[2] for line in lines}
        return {package for name in names if not is_outside(name) for package in packages(name)}

    @staticmethod
    def remember(inputs: Iterable[str]) -> None:
        """Take note, of all inputs of jobs that are about to run, which listings they have."""
        for listing in {Path(path) for path in inputs if is_listing(path)}:
            (listing.parent / LAST).write_text(listing.name)


def _label(name: str, paths: tuple[str, ...]) -> str:
    """Return what a listing calls a file: one from elsewhere as it lies beside its own method.

    A method may move, its imports with it, without being run again.
    """
    if not is_outside(name):
        return name
    method = next(path for path in paths if is_outside(path) and name in sources(path))
    return f"./{os.path.relpath(name, os.path.dirname(method))}"


def _write(path: Path, text: str, date: float | None = None) -> None:
    """Write a file whole, for several who may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text)
    if date is not None:
        os.utime(temporary, (date, date))
    temporary.replace(path)


def is_listing(path: str) -> bool:
    """Return whether an input is a listing of code."""
    return path.startswith(FOLDER + "/")
