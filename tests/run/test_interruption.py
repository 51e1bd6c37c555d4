"""Training that is killed goes on from its last state, and gives what it would have given."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.helpers.study import copy_repository, snakemake

CHUNK = "results/killed/pretrained/0-99"
OVERLAY = """
study: killed
checkpoint_epochs: 2
"""


@pytest.fixture
def folder(tmp_path):
    copy_repository(tmp_path)
    (tmp_path / "killed.yaml").write_text(OVERLAY)
    return tmp_path


def run(folder, *arguments, **options):
    target = f"{CHUNK}.npy"
    return snakemake(folder, target, "--configfile", "killed.yaml", *arguments, **options)


def outputs(folder):
    return {
        suffix: (folder / f"{CHUNK}{suffix}").read_bytes()
        for suffix in (".npy", ".correct.npy", ".safetensors")
    }


def test_kill_minus_nine_in_the_middle_of_training(folder):
    run(folder)
    undisturbed = outputs(folder)
    assert not (folder / f"{CHUNK}.partial").exists()
    for path in (folder / "results" / "killed" / "pretrained").glob("0-99*"):
        path.unlink()

    command = [sys.executable, "-m", "snakemake", f"{CHUNK}.npy", "--configfile", "killed.yaml"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    head = subprocess.Popen(command, cwd=folder, start_new_session=True, **silent)
    state = folder / f"{CHUNK}.partial" / "25-49.safetensors"
    deadline = time.monotonic() + 120
    while not state.exists():
        assert head.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(head.pid, signal.SIGKILL)
    head.wait()
    assert not (folder / f"{CHUNK}.npy").exists() and state.exists()

    assert "locked" in run(folder, check=False)
    snakemake(folder, "--unlock")
    run(folder)
    assert outputs(folder) == undisturbed
    record = json.loads((folder / f"{CHUNK}.json").read_text())
    assert record["resumed"]["0-24"] == 24 and "25-49" in record["resumed"]
    log = (folder / "logs" / "killed" / "pretrained" / "0-99.log").read_text()
    assert "resumed from" in log and "members per second, peak memory" in log
    assert not (folder / f"{CHUNK}.partial").exists()
