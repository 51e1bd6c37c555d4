"""Python reads this before a job's script: it notes where the job runs, and disturbs it if told to.

A file `fail-*` or `hold-*` in the folder $DISTURBANCES holds the end of an output's name. The job
about to rename a finished output to that name fails, or waits until `held-*` is removed. Each such
file works once.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

SECONDS = 240  # that a job is held at most


def note(folder, script):
    names = ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES", "SLURMD_NODENAME")
    seen = {"script": script, "pid": os.getpid(), **{name: os.environ.get(name) for name in names}}
    with (folder / "started.jsonl").open("a") as stream:
        stream.write(json.dumps(seen) + "\n")


def told(folder, how, target):
    """Return the file that asks for this, taken away, or None."""
    for plan in folder.glob(f"{how}-*"):
        # Another job may take its own file away meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if target.endswith(plan.read_text()):
                plan.unlink()
                return plan
    return None


def disturb(folder, target):
    if told(folder, "fail", target):
        raise RuntimeError("disturbed by the test")
    if plan := told(folder, "hold", target):
        held = folder / plan.name.replace("hold-", "held-")
        held.write_text(f"{os.getpid()} {os.environ.get('SLURM_JOB_ID')}")
        end = time.monotonic() + SECONDS
        while held.exists() and time.monotonic() < end:
            time.sleep(0.1)


scripts = [word for word in sys.orig_argv if "/.snakemake/scripts/" in word]
if scripts and "DISTURBANCES" in os.environ:
    disturbances = Path(os.environ["DISTURBANCES"])
    note(disturbances, scripts[0].split(".")[-2])
    sys.addaudithook(
        lambda event, details: (
            disturb(disturbances, os.fspath(details[1])) if event == "os.rename" else None
        )
    )
