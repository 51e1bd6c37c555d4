"""Time SLURM and Snakemake on it: what a job costs beside its work.

    python -m bench.slurm

Starts the toy cluster of the tests (root, the packages that it installs), runs the tests'
study through it, and stops it. Seconds of a job are SLURM's, those of its work what the
script says that it took.
"""

import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

import pandas as pd

from bench.repository import copy_repository
from tests.helpers.cluster import Cluster
from tests.helpers.daemons import install
from tests.helpers.toy import ON_SLURM, Toy


def seconds(job: dict[str, str]) -> float:
    """Return how long SLURM says that a job ran."""
    start, end = (datetime.fromisoformat(job[key]) for key in ("StartTime", "EndTime"))
    return (end - start).total_seconds()


def main() -> None:
    """Print the times of one study."""
    install()
    cluster = Cluster()
    try:
        cluster.start()
        with tempfile.TemporaryDirectory() as folder:
            copy_repository(Path(folder))
            toy = Toy(Path(folder))
            toy.prepare()
            begin = time.monotonic()
            toy.run(*ON_SLURM)
            wall = time.monotonic() - begin
            jobs = [seconds(job) for job in cluster.jobs(folder)]
            tables = [*Path(folder, "benchmarks/toy").rglob("*-*.tsv")]
            work = [float(pd.read_csv(table, sep="\t")["s"].iloc[0]) for table in tables]
    finally:
        cluster.stop()
    print(f"{len(jobs)} jobs in {wall:.0f} s: {3600 * len(jobs) / wall:.0f} an hour")
    print(f"median job {statistics.median(jobs):.0f} s, its script {statistics.median(work):.1f} s")


main()
