"""Disturb a small study at random, follow the documented steps, and say what was lost.

    python -m bench.chaos --faults 200 --seed 1
    python -m bench.chaos --faults 1 --seed 1 --first 17    # fault 17 alone

Every fault befalls a copy of one finished study, of which a drawn job and a chain of its
dependents was taken away first. What is drawn follows from seed and number; what processes have
reached by then does not. Afterwards what docs/cluster.md says is done: unlock, the same command
again, delete the file that a message names. Then scores and artifacts must be what they were, and
finished ones not made again. A clock is set back by Debian's ``faketime``; a small disk takes root.
"""

import argparse
import itertools
import math
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.chaos_faults import KINDS, MEBIBYTES, edit_and_back
from bench.chaos_study import Case, Job, Study, TooLate, Violation, copy
from bench.repository import copy_repository

TARGETS = ("scores", "fig1")
OVERLAY = """\
study: chaos
seed: 0
dataset: {name: synthetic, train: 240, validation: 20}
architectures: {mlp: {hidden: 8}}
training: {epochs: 2, batch_size: 20, peak_epoch: 1}
ensemble: {members: 4, floor_members: 4, chunk: 4}
oracle_stopped_epochs: [1]
datamodels: {models: 60, chunk: 30, held_out: 10, penalties: [0.1, 0.05], iterations: 5}
run: {forget_sets: ["1", "4"], methods: [ga, gda, scrub]}
methods:
  ga: {sweep: {learning_rate: [0.1]}, snapshots: {epochs: [1, 2]}}
  gda: {snapshots: {epochs: [2], ascent_epochs: [1]}}
  scrub: {snapshots: {epochs: [2], ascent_epochs: [1]}}
klom: {bootstrap: 5}
figures: {fig1: {forget_sets: ["4"], methods: [ga, gda]}}
"""
ATTEMPTS = 3  # at a fault that comes when all is done
COLUMNS = ("recovered by itself", "damaged file named", "came too late", "left out", "violations")


def kind_of(number: int, seed: int) -> str:
    """Return the kind of a fault: each round has every kind once, in an order of its own."""
    round_, place = divmod(number - 1, len(KINDS))
    kinds = list(KINDS)
    random.Random(f"{seed} round {round_}").shuffle(kinds)
    return kinds[place]


def not_to_be_had(folder: Path) -> dict[str, str]:
    """Return the kinds of fault that this machine cannot have, and why."""
    absent = {}
    if shutil.which("faketime") is None:
        absent["clock_back"] = "faketime is not installed"
    try:
        with small_disk(folder):
            pass
    except (OSError, subprocess.CalledProcessError):
        absent["full_disk"] = "a small disk cannot be mounted here, which takes root"
    return absent


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small disk on a new folder."""
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", folder]
        subprocess.run(command, check=True, capture_output=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
    finally:
        folder.rmdir()


@contextmanager
def copied(reference: Study, folder: Path, kind: str) -> Iterator[Study]:
    """Copy the study for one fault, to a small disk if the fault fills it."""
    if kind == "full_disk":
        with small_disk(folder):
            yield copy(reference, folder)
    else:
        try:
            yield copy(reference, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def attempt(study: Study, jobs: list[Job], kind: str, draw: random.Random) -> str:
    """Disturb a study and mend it as documented; return the column that this counts for.

    Raises
    ------
    TooLate
        When there was nothing left to disturb.
    Violation
        Says what is wrong in the end.
    """
    case = Case(study, jobs, study.files(), draw)
    KINDS[kind](case)
    if kind == edit_and_back.__name__:
        case.note_written()
    else:
        case.check_whole()
    left, unfinished = study.files(), study.unfinished()
    case.go_on()
    case.check_end(left, unfinished | (case.gone if kind == edit_and_back.__name__ else set()))
    return "damaged file named" if case.named else "recovered by itself"


def disturb(reference: Study, jobs: list[Job], kind: str, draw: random.Random) -> str:
    """Let one fault befall a copy of a study, and return the column that this counts for."""
    folder = reference.folder.with_name("disturbed")
    for _ in range(ATTEMPTS):
        with copied(reference, folder, kind) as study:
            try:
                return attempt(study, jobs, kind, draw)
            except TooLate:
                continue
    return "came too late"


def disturb_all(
    reference: Study,
    numbers: Iterable[int],
    seed: int,
    only: str | None = None,
    minutes: float = math.inf,
) -> tuple[Counter, Counter]:
    """Let faults befall a study, print violations, and return counts by kind and column.

    Parameters
    ----------
    reference : a finished study; left alone
    numbers : of the faults
    seed : with the number, what is drawn
    only : the one kind that is wanted
    minutes : after which no fault begins
    """
    end = time.monotonic() + 60 * minutes
    jobs = reference.jobs()
    absent = not_to_be_had(reference.folder.with_name("disturbed"))
    tried, counts = Counter(), Counter()
    for number in itertools.takewhile(lambda _: time.monotonic() < end, numbers):
        kind = only or kind_of(number, seed)
        tried[kind] += 1
        if kind in absent:
            counts[kind, "left out"] += 1
            continue
        try:
            outcome = disturb(reference, jobs, kind, random.Random(f"{seed} {number}"))
        except Violation as violation:
            outcome = "violations"
            print(f"fault {number}, {kind}: {violation}", flush=True)
            print((reference.folder.parent / "printed").read_text()[-3000:], flush=True)
        counts[kind, outcome] += 1
        print(f"fault {number}, {kind}: {outcome}", flush=True)
    for kind in absent.keys() & tried.keys():
        print(f"{kind} was left out: {absent[kind]}")
    return tried, counts


def table(tried: Counter, counts: Counter) -> str:
    """Return the counts as a table, a line a kind."""
    lines = [("fault", "tried", *COLUMNS), ("---",) * (2 + len(COLUMNS))]
    for kind in filter(tried.__contains__, KINDS):
        about = (KINDS[kind].__doc__ or kind).rstrip(".")
        lines.append((about, tried[kind], *(counts[kind, column] for column in COLUMNS)))
    sums = [sum(counts[kind, column] for kind in tried) for column in COLUMNS]
    lines.append(("all", tried.total(), *sums))
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a fault, and the table; return 1 after a violation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", type=int, default=200, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    parser.add_argument("--first", type=int, default=1, help="number of the first fault")
    parser.add_argument("--only", choices=KINDS, help="the one kind of fault")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after that, none begins")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="Snakemake's")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        reference = Study(Path(folder, "reference"), "chaos.yaml", TARGETS, given.cores)
        reference.folder.mkdir()
        copy_repository(reference.folder)
        (reference.folder / reference.overlay).write_text(OVERLAY)
        if not reference.run():
            raise SystemExit(reference.printed()[-3000:])
        numbers = range(given.first, given.first + given.faults)
        tried, counts = disturb_all(reference, numbers, given.seed, given.only, given.minutes)
    print(table(tried, counts))
    return int(any(counts[kind, "violations"] for kind in tried))


if __name__ == "__main__":
    raise SystemExit(main())
