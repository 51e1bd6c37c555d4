"""Time planning: a dry run and an audit of the full CIFAR-10 study, and of ten times its sets.

    python -m bench.planning

Plans from nothing, in an empty folder. Seconds by the clock and of the processor (the latter do not
depend on neighbours), and the largest resident memory among the processes of the command.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from snakemake.utils import update_config

ROOT = Path(__file__).resolve().parent.parent
STUDY = ROOT / "studies" / "cifar10.yaml"


def tenfold(path: Path) -> None:
    """Write an overlay on the CIFAR-10 study with ten times as many forget sets."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load(STUDY.read_text()))
    sets = {
        f"{name}.{copy}": definition | ({"seed": copy} if "seed" in definition else {})
        for name, definition in config["forget_sets"].items()
        for copy in range(1, 10)
    }
    names = [*config["forget_sets"], *sets]
    path.write_text(yaml.safe_dump({"forget_sets": sets, "run": {"forget_sets": names}}))


def measure(folder: str, *arguments: str) -> None:
    """Run Snakemake and print what it took."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", folder]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        output.seek(0)
        printed = output.read()
    if status:
        raise SystemExit(printed[-2000:])
    jobs = re.search(r"^total +(\d+)", printed, re.MULTILINE)
    assert jobs is not None
    print(
        f"{arguments[0]:9} {jobs[1]:>5} jobs: {seconds:5.1f} s, of the processor "
        f"{usage.ru_utime + usage.ru_stime:5.1f} s, {usage.ru_maxrss / 1024:.0f} MB"
    )


def main() -> None:
    """Print a line a command."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "tenfold.yaml")
        tenfold(large)
        for overlays in ([str(STUDY)], [str(STUDY), str(large)]):
            measure(folder, "--dry-run", "--configfile", *overlays)
            measure(folder, "audit", "--configfile", *overlays)


if __name__ == "__main__":
    main()
