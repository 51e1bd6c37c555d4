"""What a study's size costs beside its science: `python -m bench.scale`.

The synthetic data set and members of hardly any work, so that what is left is the workflow:
starting jobs, planning them, reading and writing files, scoring. From one study of 100 members,
nine forget sets and three learning rates of each method, members, forget sets and grid grow one at
a time. A row a study: jobs and files; seconds by the clock, of the processor, and of it a job; the
largest memory of Snakemake's own process; the disk; seconds of the processor of a dry run and of a
second run that finds nothing to do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bench.against import adopt, forgotten, processor
from bench.repository import ROOT

CHUNK = 50
STUDY: dict[str, Any] = {
    "study": "scale",
    "dataset": {"name": "synthetic", "train": 200, "validation": 50},
    "architectures": {"mlp": {"hidden": 8}},
    "training": {"epochs": 2, "peak_epoch": 1, "batch_size": 50},
    "oracle_stopped_epochs": [1],
    "datamodels": {"models": 20, "chunk": 20, "held_out": 5, "estimator": "mean_difference"},
    "klom": {"bootstrap": 2},
}
GRID = 3  # learning rates of a method
MEMBERS, SETS = 100, 9


class Size(NamedTuple):
    """What makes a study large."""

    members: int = MEMBERS
    forget_sets: int = SETS
    learning_rates: int = GRID


SIZES = [
    *(Size(members=members) for members in (50, 100, 200, 400)),
    Size(forget_sets=90),
    Size(learning_rates=10 * GRID),
]


class Took(NamedTuple):
    """What one run of Snakemake took."""

    seconds: float
    processor: float
    megabytes: float  # of Snakemake's own process


def overlay(size: Size) -> dict[str, Any]:
    """Return the study of a size, as an overlay on the default one."""
    names = [f"random{number}" for number in range(1, size.forget_sets + 1)]
    sets = {name: {"kind": "random", "size": 5, "seed": seed} for seed, name in enumerate(names)}
    rates = [round(0.01 * (number + 1), 4) for number in range(size.learning_rates)]
    sweep = {"sweep": {"learning_rate": rates}}
    ensemble = {"members": size.members, "floor_members": size.members, "chunk": CHUNK}
    figures: dict[str, Any] = {
        name: {"forget_sets": names[:1]} for name in ("fig1", "fig2", "fig5")
    }
    return {
        **STUDY,
        "ensemble": ensemble,
        "forget_sets": sets,
        "run": {"forget_sets": names},
        "methods": {"ga": sweep, "gda": sweep, "scrub": sweep},
        "figures": figures,
    }


def run(folder: Path, *arguments: str) -> Took:
    """Run Snakemake to its end in a folder, which is where its results go."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--configfile", "study.yaml"]
    peak, ended = [0.0], threading.Event()
    before, started = processor(), time.perf_counter()
    with (folder / "output").open("w") as output:
        head = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)

        def sample() -> None:
            while not ended.wait(0.5):
                status = Path(f"/proc/{head.pid}/status").read_text()
                lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
                peak[0] = max([peak[0], *(int(line.split()[1]) / 1024 for line in lines)])

        sampling = threading.Thread(target=sample)
        sampling.start()
        code = os.waitid(os.P_PID, head.pid, os.WEXITED | os.WNOWAIT)  # still there to be read
        seconds = time.perf_counter() - started
        ended.set()
        sampling.join()
        head.wait()
    for _ in forgotten():
        pass
    if code is None or code.si_status:
        raise SystemExit((folder / "output").read_text()[-3000:])
    return Took(seconds, processor() - before, peak[0])


def gigabytes(folder: Path) -> float:
    """Return what lies in a folder on the disk, Snakemake's own records among it."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1e9


def row(size: Size) -> str:
    """Run the study of a size, and return its line of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.yaml").write_text(yaml.safe_dump(overlay(size)))
        plan = run(folder, "scores", "--dry-run", "--quiet", "rules")
        lines = (folder / "output").read_text().splitlines()
        jobs = next(line.split()[1] for line in lines if line.startswith("total "))
        whole = run(folder, "scores", "--cores", "2", "--quiet", "all")
        nothing = run(folder, "scores", "--cores", "2", "--quiet", "all")
        files = sum(path.is_file() for path in (folder / "results").rglob("*"))
        cells = [
            *size,
            jobs,
            files,
            f"{whole.seconds:.0f}",
            f"{whole.processor:.0f}",
            f"{whole.processor / int(jobs):.2f}",
            f"{whole.megabytes:.0f}",
            f"{gigabytes(folder):.2f}",
            f"{plan.processor:.1f}",
            f"{nothing.processor:.1f}",
        ]
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Print the table, row after row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--rows", type=int, nargs="+", choices=range(1, len(SIZES) + 1), help="of the table"
    )
    chosen = parser.parse_args().rows or range(1, len(SIZES) + 1)
    adopt()
    titles = ["members", "forget sets", "learning rates", "jobs", "files", "seconds"]
    titles += ["of the processor", "a job", "memory of the head, MB", "disk, GB"]
    titles += ["dry run", "nothing to do"]
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|", flush=True)
    for number in chosen:
        print(row(SIZES[number - 1]), flush=True)


if __name__ == "__main__":
    main()
