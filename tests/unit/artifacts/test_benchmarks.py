"""What a job took, from inside."""

import subprocess
import sys

import pandas as pd
import pytest

from unlearning.artifacts.benchmarks import beside, log_of

JOB = """
import time
from unlearning.artifacts.benchmarks import save_benchmark

block = bytearray(200 * 2**20)
end = time.process_time() + 0.3
while time.process_time() < end:
    pass
time.sleep(0.5)
save_benchmark("logs/study/oracle/1/0-9.log")
"""


def test_a_job_says_what_it_took(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))
    others = bytearray(b"1") * (500 * 2**20)  # memory of the process that starts it
    subprocess.run([sys.executable, "-c", JOB], check=True, cwd=tmp_path)
    del others
    (row,) = pd.read_csv(tmp_path / "benchmarks/study/oracle/1/0-9.tsv", sep="\t").to_dict(
        "records"
    )
    assert list(row) == ["s", "max_rss", "cpu_time"]
    assert 0.8 < row["s"] < 60
    assert 0.3 <= row["cpu_time"] <= row["s"]
    assert 200 < row["max_rss"] < 400


def test_a_benchmark_lies_beside_its_log():
    log = "logs/a/unlearned/ga/lr0.1/1/0-9.log"  # with a dot in the name of a folder
    assert str(beside(log)) == "benchmarks/a/unlearned/ga/lr0.1/1/0-9.tsv"
    assert str(log_of(str(beside(log)))) == log
    with pytest.raises(ValueError, match=r"results/a\.log: a job's log lies under logs/"):
        beside("results/a.log")
