"""Time an older build and this one in turn: `python -m bench.against plan noop demo tests`.

Both are clones of this repository, run in the same environment, A B A B ...; what is not committed
is not measured. Printed are, for each, the seconds of every round by the clock and of the processor
(which depend less on neighbours), the largest memory of all its processes together (proportional
set size, sampled), and the ratios of the medians.

    plan            dry run of studies/cifar10.yaml, both builds that of the older one
    plan_tenfold    the same with ten times the forget sets
    noop            snakemake where the default study is finished (which it makes first, unless
                    `demo` has just made it)
    start           a workflow of one rule with nothing to do: what Snakemake takes for itself
    demo            the default study from nothing
    tests           the tests of `make test`, each build's own
    klom            KLoM of 100 + 100 members x 60,000 points, float32: median of 20 calls
"""

import argparse
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from bench.planning import ROOT, tenfold
from unlearning.artifacts.tables import read_csv

TODAY = "cf35a50"
MARK = "BENCH_AGAINST"
SAMPLED_EVERY = 2  # seconds; reading what processes share takes a tenth of one
PR_SET_CHILD_SUBREAPER = 36

KLOM = """
import time
import numpy as np
try:
    from unlearning.scoring.klom import klom
except ImportError:
    from unlearning.klom import klom  # where the older build has it
ensembles = np.random.default_rng(0).standard_normal((2, 100, 60_000), dtype=np.float32)
seconds = []
for _ in range(21):
    seconds.append(-time.perf_counter())
    klom(*ensembles)
    seconds[-1] += time.perf_counter()
print(np.median(seconds[1:]))
"""
SNAKEMAKE = [sys.executable, "-m", "snakemake"]
CIFAR10 = ["-n", "--quiet", "all", "--configfile", "before.yaml"]
COMMANDS = {
    "plan": [*SNAKEMAKE, *CIFAR10],
    "plan_tenfold": [*SNAKEMAKE, *CIFAR10, "tenfold.yaml"],
    "noop": [*SNAKEMAKE, "--quiet", "all"],
    "start": [*SNAKEMAKE, "--quiet", "all", "--snakefile", "start.smk"],
    "demo": [*SNAKEMAKE, "--quiet", "all", "--cores", "2"],
    "tests": ["make", "test", f"VENV={sys.prefix}"],
    "klom": [sys.executable, "-c", KLOM],
}
FRESH = ("demo", "tests")  # what must find no results


class Took(NamedTuple):
    """What one run took."""

    seconds: float
    processor: float  # seconds, of all processes that were waited for
    megabytes: float


def clone(revision: str, folder: Path, older: str) -> None:
    """Check a revision out into a folder of its own, and beside it the study of the older one."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "checkout", "-q", revision], check=True)
    study = subprocess.run([*git, "show", f"{older}:studies/cifar10.yaml"], capture_output=True)
    (folder / "before.yaml").write_bytes(study.stdout)
    tenfold(folder / "tenfold.yaml")
    (folder / "start.smk").write_text("rule all: input: 'README.md'\n")
    # The environment is there, also for a build whose Makefile knows no other place.
    (folder / ".venv").symlink_to(sys.prefix)
    os.utime(folder / "envs" / "requirements.lock", (0, 0))


def memory(mark: str) -> float:
    """Return the proportional set size, in MB, of all processes that have inherited a mark."""
    total = 0
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                total += process.memory_full_info().pss
        except psutil.Error:
            pass  # gone, or a kernel's thread
    return total / 2**20


def measure(command: list[str], folder: Path) -> Took:
    """Run a command to its end."""
    mark, peak, ended = uuid.uuid4().hex, [0.0], threading.Event()

    before, started = processor(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        main = subprocess.Popen(
            command, cwd=folder, env=os.environ | {MARK: mark}, stdout=output, stderr=output
        )

        def sample() -> None:
            while not ended.wait(SAMPLED_EVERY):
                peak[0] = max(peak[0], memory(mark))
                look_after(main.pid)

        sampling = threading.Thread(target=sample)
        sampling.start()
        failed = main.wait()
        seconds = time.perf_counter() - started
        ended.set()
        sampling.join()
        for _ in forgotten():
            pass  # their time is that of the processor, too
        output.seek(0)
        printed = output.read()
    if failed:
        raise SystemExit(f"{' '.join(command)} in {folder}:\n{printed[-3000:]}")
    if command == COMMANDS["klom"]:
        seconds = float(printed)
    return Took(seconds, processor() - before, peak[0])


def adopt() -> None:
    """Become the parent of processes whose own ends before they do."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def look_after(main: int) -> None:
    """Let orphans that have ended go, all but the process that is waited for elsewhere."""
    for child in psutil.Process().children():
        with suppress(psutil.Error, ChildProcessError):
            if child.pid != main and child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, os.WNOHANG)


def forgotten() -> Iterator[int]:
    """Wait for such processes, one after another."""
    with suppress(ChildProcessError):
        while True:
            yield os.waitpid(-1, 0)[0]


def processor() -> float:
    """Return the seconds that processes which have ended took of the processor."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def empty(folder: Path) -> None:
    """Take all results away, and with them what Snakemake knows."""
    kept = [word for name in ("*.yaml", "*.smk", ".venv") for word in ("-e", name)]
    subprocess.run(["git", "-C", str(folder), "clean", "-fdxq", *kept], check=True)


def same(old: Path, new: Path) -> str:
    """Say how many arrays two builds have made alike, to the last bit, and how many scores."""
    arrays = [path.relative_to(old) for path in old.glob("results/*/**/*.npy")]
    equal = sum(
        np.array_equal(np.load(old / path), np.load(new / path), equal_nan=True) for path in arrays
    )
    tables = [read_csv(folder / "results/digits/scores.csv") for folder in (old, new)]
    measures = ["klom_p95", "klom_p99", "klom_mean", "klom_median", "accuracy"]
    rows = (tables[0][measures] == tables[1][measures]).all(axis=1).sum()
    return f"equal arrays: {equal} of {len(arrays)}, rows of scores: {rows} of {len(tables[0])}"


def compare(work: str, builds: dict[str, Path], rounds: int) -> None:
    """Measure one kind of work on both builds in turn, and print what came out."""
    taken: dict[str, list[Took]] = {name: [] for name in builds}
    for folder in builds.values():
        if work == "noop" and not (folder / "results/digits/scores.csv").exists():
            measure(COMMANDS["demo"], folder)
    for _ in range(rounds):
        for name, folder in builds.items():
            if work in FRESH:
                empty(folder)
            taken[name].append(measure(COMMANDS[work], folder))
    clock, computing = [], []
    for name, runs in taken.items():
        clock.append(statistics.median(run.seconds for run in runs))
        computing.append(statistics.median(run.processor for run in runs))
        for number, run in enumerate(runs, 1):
            print(
                f"{work:13} {name:9} round {number}: {run.seconds:9.3f} s, of the processor "
                f"{run.processor:7.1f} s, {run.megabytes:5.0f} MB"
            )
    if work == "demo":
        print(f"{work:13} {same(*builds.values())}")
    ratios = [new / old for old, new in (clock, computing)]
    print(f"{work:13} ratio {ratios[0]:.2f}, of the processor {ratios[1]:.2f}", flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("work", nargs="+", choices=COMMANDS)
    parser.add_argument("--revision", default=TODAY, help="the older build")
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    adopt()
    with tempfile.TemporaryDirectory() as folder:
        builds = {chosen.revision: Path(folder, "old"), "HEAD": Path(folder, "new")}
        for revision, place in builds.items():
            clone(revision, place, chosen.revision)
        for work in chosen.work:
            compare(work, builds, chosen.rounds)


if __name__ == "__main__":
    main()
