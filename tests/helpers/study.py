"""Run Snakemake in a copy of the repository, and read what it plans."""

import re
import subprocess
import sys

from bench.repository import ROOT, copy_repository

__all__ = ["ROOT", "copy_repository", "planned", "snakemake"]


def snakemake(folder, *arguments, check=True):
    """Run Snakemake in a folder and return what it printed."""
    command = [sys.executable, "-m", "snakemake", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert not check or done.returncode == 0, printed[-4000:]
    return printed


def planned(folder, *arguments):
    """Return how many jobs of each rule a dry run plans, ``all`` left out."""
    printed = snakemake(folder, "--dry-run", *arguments)
    if "Nothing to be done" in printed:
        return {}
    table = printed.rsplit("Job stats:", 1)[1].split("Reasons:")[0]
    counts = dict(re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))
    return {rule: int(count) for rule, count in counts.items() if rule not in ("all", "total")}
