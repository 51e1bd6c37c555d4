"""Run a script of the workflow on given files, as a job of its own, and say what it took.

python -m bench.job JOB.json
"""

import json
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from bench.repository import ROOT


class Inputs(dict[str, Any]):
    """Files of a job by their names, as attributes and as keys."""

    __getattr__ = dict.__getitem__


class Taken(NamedTuple):
    """Seconds by the clock and of the processor, and bytes at most, libraries included."""

    seconds: float
    processor: float
    peak: float


def measured(script: str, folder: Path, **job: Any) -> Taken:
    """Return what a script takes.

    Parameters
    ----------
    script : below ``workflow/scripts``
    folder : where the job is described and logs
    job : ``input``, ``output``, ``params`` and ``wildcards``, as the rule gives them
    """
    description = folder / "job.json"
    description.write_text(json.dumps({"script": script, "log": [str(folder / "log")], **job}))
    command = [sys.executable, "-m", "bench.job", str(description)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Taken(*map(float, done.stdout.split()))


def main() -> None:
    """Run the script, and print what it has taken."""
    start = time.perf_counter()
    job = json.loads(Path(sys.argv[1]).read_text())
    snakemake = SimpleNamespace(
        input=Inputs(job["input"]),
        output=SimpleNamespace(**job["output"]),
        params=SimpleNamespace(**job["params"]),
        wildcards=SimpleNamespace(**job["wildcards"]),
        log=job["log"],
    )
    script = ROOT / "workflow" / "scripts" / job["script"]
    runpy.run_path(str(script), {"snakemake": snakemake})
    # Not of resource: that begins with what the process had that started this one.
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.M)
    print(time.perf_counter() - start, time.process_time(), 1024 * int(peak))


if __name__ == "__main__":
    main()
