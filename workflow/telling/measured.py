"""What jobs of a study have taken, read from the benchmark files and records that they left."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path
from typing import Any

from unlearning.artifacts.benchmarks import BENCHMARKS, beside, log_of
from unlearning.artifacts.files import ArtifactError, load_record
from unlearning.planning.audit import Measurement, Wildcards, group
from unlearning.planning.resources import Needs

THEORY = "theory"  # of no study


def measurement(rule: str, wildcards: Any, path: Path) -> Measurement | None:
    """Return what a job has taken; None where it did not run from its beginning to its end.

    Parameters
    ----------
    rule, wildcards : of the job
    path : of its benchmark file
    """
    record = Path("results", *path.parts[1:]).with_suffix(".json")
    try:
        with path.open(newline="") as file:
            taken = [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
        known = load_record(str(record)) if record.is_file() else {}
    except (OSError, ValueError, KeyError, TypeError, ArtifactError):
        return None  # an estimate does without; a damaged record is for the rule that reads it
    seconds = sum(taken) / max(len(taken), 1)
    if seconds <= 0 or known.get("resumed"):
        return None
    return Measurement(rule, wildcards, seconds, "gpu" if known.get("device") == "cuda" else "cpu")


def measurements(
    rules: Iterable[Any], needs: Needs, study: str, most: float = inf
) -> Iterator[Measurement]:
    """Yield what the jobs of a study, and those of the theory, have taken that it still describes.

    Parameters
    ----------
    rules : of Snakemake, whose first logs say which job a file is of
    needs : the study
    study : its name
    most : jobs that are looked at of each `unlearning.planning.audit.group`, spread over all
    """
    files = [path for name in (study, THEORY) for path in Path(BENCHMARKS, name).rglob("*.tsv")]
    # In an order that means nothing, the same each time.
    logs = sorted(
        ((str(log_of(str(path))), path) for path in files), key=lambda pair: pair[0][::-1]
    )
    seen: Counter[tuple[str, str]] = Counter()
    for rule in rules:
        start = str(rule.log[0]).replace("{study}", study).partition("{")[0] if rule.log else ""
        for log, path in logs if rule.log else []:
            match = rule.log[0].match(log) if log.startswith(start) else None
            if match is None:
                continue
            wildcards = Wildcards(**match.groupdict())
            each = group(rule.name, wildcards)
            if seen[each] >= most or not needs.knows(rule.name, wildcards):
                continue
            taken = measurement(rule.name, wildcards, path)
            if taken is not None:
                seen[each] += 1
                yield taken


def just_taken(job: Any, since: float) -> Measurement | None:
    """Return what a job of Snakemake that has just ended says that it has taken.

    Parameters
    ----------
    job : of Snakemake
    since : when it began, in seconds since 1970; an older file is of another run
    """
    if not job.log:
        return None
    try:
        path = beside(str(job.log[0]))
        if path.stat().st_mtime < since:
            return None
    except (OSError, ValueError):
        return None  # it may come later, from another machine
    return measurement(job.rule.name, job.wildcards, path)
