"""Random faults: each takes a case and leaves it disturbed; what follows is the same for all."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.chaos_study import Case, Job, TooLate, end, scripts
from workflow.starting.launcher import VARIABLE

MEBIBYTES = 64  # of the small disk
#: Places of a config, what stands there, and what is written instead.
EDITS = (
    ("bootstrap: 5", "bootstrap: 6"),
    ("learning_rate: [0.1]", "learning_rate: [0.2]"),
    ("peak_epoch: 1", "peak_epoch: 2"),
    ("seed: 0", "seed: 1"),
)


def _start(case: Case, several: bool = False) -> list[Job]:
    jobs = [job for job in case.jobs if not several or len(job.outputs) > 1]
    return case.remove(case.choose(jobs))


def kill_job(case: Case) -> None:
    """Kill -9 of a job."""
    head = case.interrupt(_start(case))
    _signal_job(case, head, signal.SIGKILL)
    case.study.wait(head)
    end(head)


def _signal_job(case: Case, head: subprocess.Popen, number: int) -> None:
    while not (running := scripts(head)):
        if head.poll() is not None:
            raise TooLate
        time.sleep(0.01)
    try:
        case.draw.choice(running).send_signal(number)
    except psutil.NoSuchProcess:
        raise TooLate from None


def kill_snakemake(case: Case) -> None:
    """Kill -9 of Snakemake; its jobs end, or are ended."""
    head = case.interrupt(_start(case))
    head.kill()
    head.wait()
    case.leave(head)


def kill_writer(case: Case) -> None:
    """Kill -9 of the writer between two files."""
    taken = _start(case, several=True)
    plan = case.study.folder.parent / "plan"
    told = {"outputs": taken[0].outputs}
    told["published"] = case.draw.randrange(1, len(taken[0].outputs))
    plan.write_text(json.dumps(told))
    # Jobs that have an interpreter of their own read the plan when it starts.
    case.study.environment = {"CHAOS": str(plan), VARIABLE: "alone"}
    case.study.run()
    case.study.environment = {}
    if plan.exists():
        plan.unlink()
        raise TooLate


def sigterm(case: Case) -> None:
    """SIGTERM to Snakemake or to a job."""
    head = case.interrupt(_start(case))
    if case.draw.random() < 0.5:
        head.terminate()
    else:
        _signal_job(case, head, signal.SIGTERM)
    case.study.wait(head)
    end(head)


def full_disk(case: Case) -> None:
    """A disk that is full, of the results or of the whole folder, until some of it is freed."""
    taken = _start(case)
    results = case.study.folder / "results"
    leave = case.draw.randrange(64) * 1024
    if case.draw.random() < 0.5:
        filler = results / "fill"
        _fill(filler, leave)
        case.study.run()
    else:
        head = case.interrupt(taken)
        filler = case.study.folder / "fill"
        _fill(filler, leave)
        case.study.wait(head)
        end(head)
    filler.unlink()


def _fill(path: Path, leave: int) -> None:
    free = shutil.disk_usage(path.parent).free
    path.write_bytes(bytes(max(0, free - leave)))


def _damage(case: Case, name: str, changed: dict[str, bytes]) -> None:
    """Change artifacts, and take away what a drawn reader of the first one has made."""
    for damaged, content in changed.items():
        path = case.study.folder / damaged
        stamp = path.stat()
        path.unlink()
        path.write_bytes(content)
        if case.draw.random() < 0.8:  # as old as it was
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        case.damaged.add(damaged)
    case.remove(case.draw.choice([job for job in case.jobs if name in job.inputs]))


def _read(case: Case) -> str:
    """Return a drawn artifact that some job reads."""
    read = {name for job in case.jobs for name in job.inputs}
    job = case.choose([job for job in case.jobs if read & set(job.outputs)])
    return case.draw.choice([name for name in job.outputs if name in read])


def truncated(case: Case) -> None:
    """An artifact cut short."""
    name = _read(case)
    content = case.pristine[name].content
    _damage(case, name, {name: content[: case.draw.randrange(len(content))]})


def flipped(case: Case) -> None:
    """A flipped bit in an artifact."""
    name = _read(case)
    content = bytearray(case.pristine[name].content)
    bit = case.draw.randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    _damage(case, name, {name: bytes(content)})


def swapped(case: Case) -> None:
    """Two artifacts of one kind in each other's place."""
    kinds = {name: (job.rule, i) for job in case.jobs for i, name in enumerate(job.outputs)}
    alike: list[str] = []
    while not alike:
        name = _read(case)
        own = case.pristine[name].content
        others = [other for other in kinds if kinds[other] == kinds[name]]
        alike = [other for other in others if case.pristine[other].content != own]
    other = case.draw.choice(alike)
    contents = case.pristine[name].content, case.pristine[other].content
    _damage(case, name, {name: contents[1], other: contents[0]})


def edit_and_back(case: Case) -> None:
    """An edit of the config, a run that is stopped on its way, and the edit undone."""
    overlay = case.study.folder / case.study.overlay
    text = overlay.read_text()
    taken = _start(case)
    before, after = case.draw.choice([edit for edit in EDITS if edit[0] in text])
    overlay.write_text(text.replace(before, after, 1))
    try:
        head = case.interrupt(taken)
        number = case.draw.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        head.send_signal(number)
        case.study.wait(head)
        case.leave(head)
    except TooLate:
        pass  # it was run to its end, and that is to be undone as well
    overlay.write_text(text)


def clock_back(case: Case) -> None:
    """A clock that is set back for a run, and right again."""
    _start(case)
    seconds = round(10 ** case.draw.uniform(0, 6.5))  # up to a month
    before = case.study.files()
    case.study.prefix = ["faketime", "-f", f"-{seconds}s"]
    case.study.environment = {"NO_FAKE_STAT": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    case.study.run()
    case.study.prefix, case.study.environment = [], {}
    for name, stamp in case.study.files().items():
        if name not in before and stamp.modified > (time.time() - seconds / 2) * 10**9:
            # Dated by the kernel, whose clock is right, and not by Snakemake.
            late = stamp.modified - seconds * 10**9
            os.utime(case.study.folder / name, ns=(late, late))


KINDS: dict[str, Callable[[Case], None]] = {
    fault.__name__: fault
    for fault in (
        kill_job,
        kill_snakemake,
        kill_writer,
        sigterm,
        full_disk,
        truncated,
        flipped,
        swapped,
        edit_and_back,
        clock_back,
    )
}
