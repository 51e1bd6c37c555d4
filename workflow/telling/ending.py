"""What a run has made that people look at: new, changed or as it was; and where to look first."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from unlearning.artifacts.files import ArtifactError, load_record
from unlearning.study.design import Config

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
#: What a job's log says before how it came to it (`artifacts/logs.py`).
SAID = re.compile(r"^\d{4}-\d\d-\d\d \S+ (.*)\nTraceback \(", re.MULTILINE)
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


def failures(jobs: Iterable[Any], most: int = 5) -> str:
    """Return why jobs have failed, by their logs, a line for each reason; nothing for none.

    Parameters
    ----------
    jobs : of Snakemake, that have failed
    most : lines
    """
    found = dict.fromkeys(f"Failed: {text}" for job in jobs for text in _reasons(job))
    return _at_most(list(found), most)


def _reasons(job: Any) -> list[str]:
    """Return what the logs of a job say of its failure; nothing of one that was interrupted."""
    texts = [path.read_text(errors="replace") for path in map(Path, job.log) if path.is_file()]
    last = [said[-1] for said in map(SAID.findall, texts) if said]
    return [text for text in last if text.strip()]


def without(jobs: Iterable[Any], config: Config) -> str:
    """Return how to go on without the methods of which jobs have failed, if others are left.

    Parameters
    ----------
    jobs : of Snakemake, that have failed
    config : the study, without what it leaves out already
    """
    methods = config["run"]["methods"]
    failed = {job.wildcards_dict.get("method") for job in jobs if _reasons(job)} & {*methods}
    if not failed or not {*methods} - failed:
        return ""
    names = sorted(failed | {*config["leave_out"]})
    value = f"leave_out={names[0]}" if len(names) == 1 else f"'leave_out=[{', '.join(names)}]'"
    return f"To have the others without {' and '.join(sorted(failed))}: --config {value}"


def _at_most(lines: list[str], most: int) -> str:
    rest = len(lines) - most
    more = [f"and {rest} more"] if rest > 0 else []
    return "\n".join([*lines[:most], *more])


def not_finite(jobs: Iterable[Any], most: int = 5) -> str:
    """Return in which runs members have left finite numbers, a line each; nothing for none.

    Parameters
    ----------
    jobs : of Snakemake, that have run
    most : lines
    """
    lines = []
    for job in jobs:
        path = str(job.output.record) if job.rule.name == "unlearn" else ""
        if not Path(path).is_file():
            continue
        try:
            record = load_record(path)
        except ArtifactError:
            continue  # it is for the rule that reads it
        if lost := record.get("not_finite"):
            lines.append(
                f"Not finite from epoch {lost['epoch']} on: {len(lost['members'])} of "
                f"{len(record['members'])} members, set {job.wildcards.forget_set} unlearned by "
                f"{record['method']}, {record['trajectory']}"
            )
    return _at_most(sorted(lines), most)


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
