"""What a job took, for the audit and for people: one table a job, as Snakemake's own would be.

Snakemake measures a job from outside, by the processes below the shell that it starts; a job that
another process has forked (``starting/``) is none of them, so each says itself what it took.
"""

import resource
import time
from pathlib import Path

import psutil

from unlearning.artifacts.files import atomic

#: First folder of logs, and of what stands beside them.
LOGS, BENCHMARKS = "logs", "benchmarks"


def beside(log: str) -> Path:
    """Return where the benchmark of a job lies, whose log is at ``logs/*.log``: a table ``.tsv``.

    Raises
    ------
    ValueError
        The log lies elsewhere.
    """
    first, *parts = Path(log).parts
    if first != LOGS or not parts:
        raise ValueError(f"{log}: a job's log lies under {LOGS}/")
    return Path(BENCHMARKS, *parts).with_suffix(".tsv")


def log_of(benchmark: str) -> Path:
    """Return the log to a benchmark; the opposite of `beside`."""
    return Path(LOGS, *Path(benchmark).parts[1:]).with_suffix(".log")


def peak_memory() -> float:
    """Return the largest resident memory of this process so far, in MB.

    Of what runs in it: the kernel's other figure, ``ru_maxrss``, counts the memory of the process
    that started this one as well.
    """
    try:
        with open("/proc/self/status") as file:
            fields = dict(line.split(":", 1) for line in file)
    except OSError:  # macOS, which counts bytes, and not the parent's
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return int(fields["VmHWM"].split()[0]) / 2**10


def save_benchmark(log: str) -> None:
    """Write what this process has taken since it began: a job's last step, once all is saved.

    The columns have the names and units that Snakemake gives them: ``s``, seconds by the clock;
    ``max_rss``, the largest resident memory in MB; ``cpu_time``, seconds of the processor, those
    of child processes included.

    Parameters
    ----------
    log : path of the job's log
    """
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    row = {
        "s": round(time.time() - psutil.Process().create_time(), 4),
        "max_rss": round(peak_memory(), 2),
        "cpu_time": round(computed, 2),
    }
    with atomic(beside(log)) as temporary:
        lines = "\t".join(row), "\t".join(str(value) for value in row.values())
        temporary.write_text("\n".join(lines) + "\n")
