"""What has failed in a run, why by its logs, and how to go on without it."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from unlearning.artifacts.files import ArtifactError, load_record
from unlearning.planning.words import in_words
from unlearning.study.design import Config

#: What a job's log says before how it came to it (`artifacts/logs.py`).
SAID = re.compile(r"^\d{4}-\d\d-\d\d \S+ (.*)\nTraceback \(", re.MULTILINE)


def why_failed(jobs: Iterable[Any], *, interrupted: bool = False) -> list[tuple[Any, str]]:
    """Return jobs that have failed, each with why by its log.

    Parameters
    ----------
    jobs : of Snakemake, that have failed
    interrupted : whether a person has ended the run: then jobs that say nothing are no failures
    """
    found = []
    for job in jobs:
        said = last_words(job)
        if not (said or interrupted):
            said = [_without_a_word(job)]
        found += [(job, text) for text in said if text.strip()]  # none of one that got Ctrl-C
    return found


def last_words(job: Any) -> list[str]:
    """Return what the logs of a job say of its failure; empty text of one that got Ctrl-C."""
    texts = [path.read_text(errors="replace") for path in map(Path, job.log) if path.is_file()]
    return [said[-1] for said in map(SAID.findall, texts) if said]


def _without_a_word(job: Any) -> str:
    """Return the sentence of a job that something has ended before it could say why."""
    log = f"; its log ends where it did: {job.log[0]}" if job.log else ""
    what = in_words(job.rule.name, job.wildcards_dict)
    return f"{what}: it ended without a word, as one that is killed for its memory{log}"


def failures(whys: Iterable[tuple[Any, str]], most: int = 5) -> str:
    """Return why jobs have failed, a line for each reason; nothing for none.

    The first reason of each method, and of each other rule, stands before its further ones.

    Parameters
    ----------
    whys : as `why_failed` returns them
    most : lines
    """
    found: dict[str, int] = {}
    ranks: Counter[tuple[str, str | None]] = Counter()
    for job, text in whys:
        line, source = f"Failed: {text}", (job.rule.name, job.wildcards_dict.get("method"))
        if line not in found:
            found[line] = ranks[source]
            ranks[source] += 1
    return _at_most(sorted(found, key=found.__getitem__), most)


def without(whys: Iterable[tuple[Any, str]], config: Config) -> str:
    """Return how to go on without the methods of which jobs have failed, if others are left.

    Parameters
    ----------
    whys : as `why_failed` returns them
    config : the study, without what it leaves out already
    """
    methods = config["run"]["methods"]
    failed = {job.wildcards_dict.get("method") for job, _ in whys} & {*methods}
    if not failed or not {*methods} - failed:
        return ""
    names = sorted(failed | {*config["leave_out"]})
    value = f"leave_out={names[0]}" if len(names) == 1 else f"'leave_out=[{', '.join(names)}]'"
    return f"To have the others without {' and '.join(sorted(failed))}: --config {value}"


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


def _at_most(lines: list[str], most: int) -> str:
    rest = len(lines) - most
    more = [f"and {rest} more"] if rest > 0 else []
    return "\n".join([*lines[:most], *more])
