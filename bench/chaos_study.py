"""A study to be disturbed: run, interrupted and gone on with, and compared with what it was."""

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from unlearning.artifacts.tables import read_csv
from workflow.starting.launcher import VARIABLE

SITE = Path(__file__).resolve().parent / "chaos_site"
SECONDS = 1200  # that a run may take: the whole study, on a machine that others load
DATES = {"seconds", "members_per_second", "peak_memory_mb", "resumed", "sha256"}  # of a record
FORKS = "workflow.starting.interpreter"
SCRIPT = "/.snakemake/scripts/"


class Violation(Exception):
    """What must not happen after a fault and the documented steps."""


class Stamp(NamedTuple):
    """A file as it is on disk."""

    inode: int
    modified: int  # nanoseconds
    content: bytes


@dataclass(frozen=True)
class Job:
    """A finished job: its rule, and the names of its files below the study's folder."""

    rule: str
    outputs: tuple[str, ...]
    inputs: frozenset[str]


def steady(name: str, content: bytes) -> object:
    """Return what a file says but for what a clock or a memory gauge measured."""
    if name.endswith(".json"):
        record = json.loads(content)
        return {key: value for key, value in record.items() if key not in DATES}
    if name.endswith(".csv"):
        return read_csv(io.BytesIO(content)).drop(columns="seconds", errors="ignore").to_csv()
    return content


class Study:
    """A folder with a copy of the repository and a study in it.

    Parameters
    ----------
    folder : with the copy
    overlay : the study's file in the folder
    targets : that are asked for
    cores : that Snakemake takes
    """

    def __init__(self, folder: Path, overlay: str, targets: tuple[str, ...], cores: int) -> None:
        self.folder, self.overlay, self.targets = folder, overlay, targets
        self.cores = cores
        self.prefix: list[str] = []  # before the command, such as faketime
        self.environment: dict[str, str] = {}

    def at(self, folder: Path) -> "Study":
        """Return the study of a copy of the folder."""
        return Study(folder, self.overlay, self.targets, self.cores)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in a session of its own; what it prints goes to ``printed``."""
        command = [*self.prefix, sys.executable, "-m", "snakemake", *self.targets, *arguments]
        command += ["--configfile", self.overlay, "--cores", str(self.cores)]
        path = os.pathsep.join(filter(None, (str(SITE), os.environ.get("PYTHONPATH"))))
        threads = {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        with (self.folder.parent / "printed").open("w") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **threads, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def printed(self) -> str:
        """Return what the last Snakemake has printed."""
        return (self.folder.parent / "printed").read_text()

    def run(self, *arguments: str) -> bool:
        """Run Snakemake to its end, and return whether all went well."""
        head = self.start(*arguments)
        try:
            return self.wait(head) == 0
        finally:
            end(head)

    def wait(self, head: subprocess.Popen) -> int:
        """Wait until Snakemake has ended, and return its exit status.

        Raises
        ------
        Violation
            When it does not end.
        """
        try:
            return head.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise Violation(f"Snakemake did not end within {SECONDS} s") from None

    def locked(self) -> bool:
        """Return whether a Snakemake that was killed has left its lock."""
        return any((self.folder / ".snakemake" / "locks").glob("*"))

    def files(self) -> dict[str, Stamp]:
        """Return the artifacts, by name; what has no final name is none."""
        found = {}
        for path in self.folder.glob("results/**/*"):
            name = str(path.relative_to(self.folder))
            if path.is_file() and "/." not in name and ".partial/" not in name:
                stamp = path.stat()
                found[name] = Stamp(stamp.st_ino, stamp.st_mtime_ns, path.read_bytes())
        return {name: stamp for name, stamp in found.items() if name != "results/README.md"}

    def unfinished(self) -> set[str]:
        """Return the artifacts of jobs that have not said that they are done."""
        marks = (self.folder / ".snakemake" / "incomplete").glob("*")
        return {b64decode(mark.name).decode() for mark in marks if mark.is_file()}

    def jobs(self) -> list[Job]:
        """Return the finished jobs of the targets, in Snakemake's own words."""
        assert self.run("--detailed-summary"), self.printed()
        table = self.printed().partition("output_file\t")
        head, *lines = (table[1] + table[2]).splitlines()
        outputs, inputs, rules = defaultdict(list), {}, {}
        for line in filter(lambda line: line.startswith("results/"), lines):
            row = dict(zip(head.split("\t"), line.split("\t"), strict=False))
            key = row["rule"], row["log-file(s)"]
            outputs[key].append(row["output_file"])
            rules[key] = row["rule"]
            read = row["input-file(s)"].split(",")
            inputs[key] = frozenset(name for name in read if name.startswith("results/"))
        return [Job(rules[key], tuple(names), inputs[key]) for key, names in outputs.items()]


def scripts(head: subprocess.Popen) -> list[psutil.Process]:
    """Return the scripts that a Snakemake has started, also after its end.

    Of a script that was forked both are there, the process that runs it and its launcher.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            words = process.cmdline()
            named = len(words) > 1 and os.path.isabs(words[-1]) and SCRIPT in words[-1]
            started = named and os.getsid(process.pid) == head.pid
            if started or (forks(process, head) and forks(process.parent(), head)):
                found.append(process)
    return found


def forks(process: psutil.Process | None, head: subprocess.Popen) -> bool:
    """Return whether a process is the interpreter that forks for a Snakemake, or a fork of it."""
    if process is None or FORKS not in " ".join(process.cmdline()):
        return False
    return process.environ().get(VARIABLE, "").startswith(f"{head.pid} ")


def end(head: subprocess.Popen) -> None:
    """Kill what is left of a Snakemake and of its jobs."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()
    deadline = time.monotonic() + SECONDS
    while scripts(head) and time.monotonic() < deadline:
        time.sleep(0.01)  # forks end with their Snakemake, in an instant


@dataclass
class Case:
    """A study in the course of one fault.

    Attributes
    ----------
    study : the copy that is disturbed
    jobs : of the undisturbed study
    pristine : its artifacts
    draw : the fault's own random numbers
    gone : artifacts that are taken away, or written under another config
    damaged : artifacts that the fault damages
    named : whether a message has named one of them
    """

    study: Study
    jobs: list[Job]
    pristine: dict[str, Stamp]
    draw: random.Random
    gone: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    named: bool = False

    def readers(self, job: Job) -> list[Job]:
        """Return the jobs that read what a job makes."""
        return [reader for reader in self.jobs if reader.inputs & set(job.outputs)]

    def dependents(self, job: Job) -> set[Job]:
        """Return the jobs that come to run again when a job does."""
        found, new = set(), {job}
        while new:
            found |= new
            new = {reader for each in new for reader in self.readers(each)} - found
        return found

    def choose(self, jobs: list[Job]) -> Job:
        """Return of two drawn jobs that of fewer dependents: most of a study hangs on a few."""
        drawn = self.draw.choice(jobs), self.draw.choice(jobs)
        return min(drawn, key=lambda job: len(self.dependents(job)))

    def chain(self, job: Job) -> Iterator[Job]:
        """Yield a job and, one after another, drawn jobs that depend on it, to a target."""
        while True:
            yield job
            readers = self.readers(job)
            if not readers:
                return
            job = self.draw.choice(readers)

    def remove(self, first: Job) -> list[Job]:
        """Take away what a job and a chain of its dependents have made."""
        taken = list(self.chain(first))
        for job in taken:
            for name in job.outputs:
                (self.study.folder / name).unlink(missing_ok=True)
                self.gone.add(name)
        return taken

    def interrupt(self, taken: list[Job]) -> subprocess.Popen:
        """Start Snakemake and return it at a drawn moment of its work.

        Raises
        ------
        TooLate
            When it had ended before.
        """
        head = self.study.start()
        finished, pause = self.draw.randrange(len(taken)), self.draw.uniform(0, 3)
        deadline = time.monotonic() + SECONDS
        while self.study.printed().count("  done   ") < finished or not scripts(head):
            if head.poll() is not None or time.monotonic() > deadline:
                end(head)
                raise TooLate
            time.sleep(0.02)
        time.sleep(pause)
        if head.poll() is not None:
            end(head)
            raise TooLate
        return head

    def leave(self, head: subprocess.Popen) -> None:
        """Wait for the jobs that a Snakemake has left behind, or end them: as it is drawn."""
        if self.draw.random() < 0.5:
            deadline = time.monotonic() + SECONDS
            while scripts(head) and time.monotonic() < deadline:
                time.sleep(0.05)
        end(head)

    def note_written(self) -> None:
        """Count what has been written or taken away until now as gone."""
        files = self.study.files()
        for name, stamp in self.pristine.items():
            if name not in files or files[name][:2] != stamp[:2]:
                self.gone.add(name)

    def check_whole(self) -> None:
        """Refuse artifacts under their final names that are not what they were.

        Raises
        ------
        Violation
            Names the first one.
        """
        for name, stamp in self.study.files().items():
            if name in self.damaged or name not in self.pristine:
                continue
            try:
                same = steady(name, stamp.content) == steady(name, self.pristine[name].content)
            except ValueError as error:
                raise Violation(f"{name} has its name and is half-written: {error}") from None
            if not same:
                raise Violation(f"{name} has its name, and is not what it was")

    def go_on(self) -> None:
        """Do what docs/cluster.md says: unlock if need be, the same command, delete what it names.

        Raises
        ------
        Violation
            When that does not lead to the end.
        """
        if self.study.locked() and not self.study.run("--unlock"):
            raise Violation("it cannot be unlocked")
        for _ in range(1 + len(self.damaged)):
            if self.study.run():
                return
            complaint = r"(results/\S+) (?:is|holds|cannot|lacks)\b[^\n]*delete it and run again"
            found = set(re.findall(complaint, self.study.printed()))
            if not found:
                raise Violation("the same command fails, and names no file")
            if found - self.damaged:
                raise Violation(f"a sound file is named: {sorted(found - self.damaged)}")
            for name in found:
                (self.study.folder / name).unlink(missing_ok=True)
            self.named = True
        raise Violation("the same command fails when every named file is deleted")

    def check_end(self, left: dict[str, Stamp], unfinished: set[str]) -> None:
        """Refuse other scores, missing or half-written artifacts, and finished work done again.

        Parameters
        ----------
        left : the artifacts that the fault left
        unfinished : those of them that count as not finished

        Raises
        ------
        Violation
            Names the first file.
        """
        files = self.study.files()
        missing = self.pristine.keys() - files.keys()
        if missing:
            raise Violation(f"missing at the end: {sorted(missing)}")
        self.check_whole()
        self.check_kept(self.pristine, left, self.gone | self.damaged)
        behind = unfinished | self.damaged | (self.pristine.keys() - left) | self.stale(left)
        self.check_kept(left, files, behind)

    def stale(self, left: dict[str, Stamp]) -> set[str]:
        """Return the artifacts that are older than what their jobs read, made again before a stop.

        Parameters
        ----------
        left : all artifacts
        """
        found = set()
        for job in self.jobs:
            made = [left[name].modified for name in job.outputs if name in left]
            read = [left[name].modified for name in job.inputs if name in left]
            if made and read and max(read) > min(made):
                found |= set(job.outputs)
        return found

    def check_kept(
        self, before: dict[str, Stamp], after: dict[str, Stamp], causes: set[str]
    ) -> None:
        """Refuse artifacts that were made again without a cause.

        Parameters
        ----------
        before, after : artifacts
        causes : artifacts whose jobs, and all that read what these write, may run again

        Raises
        ------
        Violation
            Names the first file.
        """
        again = {name for name in after if name in before and after[name][:2] != before[name][:2]}
        written = again | (after.keys() - before.keys())
        for job in self.jobs:
            found = sorted(again & set(job.outputs))
            if found and not causes & set(job.outputs) and not job.inputs & written:
                raise Violation(f"{found[0]} was finished, and was made again")


class TooLate(Exception):
    """Snakemake had ended before the fault."""


def copy(reference: Study, folder: Path) -> Study:
    """Copy a finished study, files as old as they are."""
    shutil.copytree(reference.folder, folder, symlinks=True, dirs_exist_ok=True)
    return reference.at(folder)
