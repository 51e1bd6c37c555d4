"""What a run has made that people look at: new, changed or as it was; and where to look first."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

#: Pages and figures that say most, the first that a run has made first.
FIRST = (
    "explore.html",
    "answer.html",
    "league.html",
    "comparison.html",
    "fig5.png",
    "fig1.png",
    "fig6.png",
    "lemmas.html",
)
#: What people open. Other files of a target are for other jobs.
OPENED = (".html", ".png", ".csv")
KINDS = ("new", "changed", "as before")
COLUMNS, INDENT = 80, 11  # of a line, and of the paths in it


def looked_at(targets: Iterable[Any]) -> list[str]:
    """Return the files of targets that people open, in the order of the targets.

    Parameters
    ----------
    targets : jobs of Snakemake that it was asked for
    """
    files: dict[str, None] = {}
    for job in targets:
        for path in map(str, job.output or job.input):
            # What a report shows of a page is no page of its own (`unlearning/html.py`).
            if path.endswith(OPENED) and not path.endswith("/report.html"):
                files[path] = None
    return list(files)


def digest(path: str) -> str:
    """Return what a file says, in few letters; nothing where there is no file."""
    file = Path(path)
    return hashlib.blake2b(file.read_bytes()).hexdigest() if file.is_file() else ""


def compared(before: Mapping[str, str], made: Collection[str]) -> dict[str, list[str]]:
    """Return the files of each of `KINDS`.

    Parameters
    ----------
    before : file -> its digest before the run, of those that may have been made
    made : files that have been made; others have not been touched
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for path, was in before.items():
        if path in made and (now := digest(path)):
            found["new" if not was else "as before" if was == now else "changed"].append(path)
    return found


def first(files: Iterable[str]) -> str:
    """Return the file to look at first: one of `FIRST`, else a page before a figure or a table."""

    def place(path: str) -> tuple[int, int]:
        file = Path(path)
        known = FIRST.index(file.name) if file.name in FIRST else len(FIRST)
        return known, OPENED.index(file.suffix)

    return min(files, key=place)


def in_braces(folder: str, names: Iterable[str]) -> list[str]:
    """Return files of a folder as a shell takes them, in as few lines as they fit into.

    A line has one path, or several as ``folder/{one,other}``: what is copied of it is whole.
    """
    lines: list[list[str]] = []
    for name in names:
        room = COLUMNS - INDENT - len(f"{folder}/{{}}")
        if lines and len(",".join([*lines[-1], name])) <= room:
            lines[-1].append(name)
        else:
            lines.append([name])
    return [
        f"{folder}/{line[0]}" if len(line) == 1 else f"{folder}/{{{','.join(line)}}}"
        for line in lines
    ]


def summary(found: Mapping[str, Collection[str]]) -> str:
    """Return what is new and where to look first, in lines of a terminal; nothing for nothing.

    Parameters
    ----------
    found : by `compared`
    """
    changed = [*found["new"], *found["changed"]]
    lines = []
    for kind in KINDS:
        folders: dict[str, list[str]] = {}
        for path in found[kind]:
            folders.setdefault(str(Path(path).parent), []).append(Path(path).name)
        for folder, names in folders.items():
            lines += [f"{kind + ':':{INDENT}}{paths}" for paths in in_braces(folder, names)]
    if changed:
        lines.append(f"Look first at {first(changed)}")
    return "\n".join(lines)
