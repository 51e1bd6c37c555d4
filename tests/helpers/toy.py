"""A study that takes seconds, and Snakemake run on it through SLURM or without."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd

#: What makes jobs fail, by its name in a folder.
DISTURBED = Path(__file__).resolve().parents[1] / "slurm" / "disturbed"
TARGETS = ("scores", "fig1")
SECONDS = 300  # that a run may take

OVERLAY = """\
study: toy
training: {epochs: 4, peak_epoch: 2}
ensemble: {members: 4, floor_members: 2, chunk: 2}
oracle_stopped_epochs: [2]
run: {forget_sets: ["1", "2"], methods: [ga]}
methods: {ga: {sweep: {learning_rate: [1.0e-1]}, snapshots: {epochs: [1, 2]}}}
klom: {bootstrap: 10}
figures: {fig1: {forget_sets: ["1", "2"], methods: [ga]}}
"""

#: What a person writes at the top of profiles/slurm/profile.yaml.
SETTINGS = {
    "account: ACCOUNT": "account: theory",
    "cpu_partition: CPU_PARTITION": "cpu_partition: cpu",
    "gpu_partition: GPU_PARTITION": "gpu_partition: gpu",
    'gpu_type: ""': "gpu_type: toy",
}

#: As a user has it, but for short jobs.
ON_SLURM = (
    "--profile=profiles/slurm",
    "--slurm-init-seconds-before-status-checks=3",
    "--latency-wait=5",
)


class Toy:
    """A copy of the repository with the study in it."""

    def __init__(self, folder, targets=TARGETS):
        self.folder = folder
        self.targets = targets
        self.disturbances = folder / "disturbances"
        self.results = folder / "results" / "toy"

    def prepare(self):
        """Write the study, and what a person writes into the profile."""
        self.disturbances.mkdir()
        (self.folder / "toy.yaml").write_text(OVERLAY)
        profile = self.folder / "profiles" / "slurm" / "profile.yaml"
        text = profile.read_text()
        for placeholder, value in SETTINGS.items():
            assert placeholder in text, placeholder
            text = text.replace(placeholder, value)
        profile.write_text(text)

    def start(self, *arguments):
        """Start Snakemake and return its process; what it prints goes to head.log."""
        environment = {
            **os.environ,
            "DISTURBANCES": str(self.disturbances),
            "PYTHONPATH": str(DISTURBED),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "snakemake", *self.targets, *arguments]
        with (self.folder / "head.log").open("w") as log:
            return subprocess.Popen(
                [*command, "--configfile=toy.yaml"],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Tests that run in the background ignore Ctrl-C, and so would what they start.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def run(self, *arguments, check=True, seconds=SECONDS):
        """Run Snakemake to its end and return what it printed."""
        head = self.start(*arguments)
        try:
            code = head.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
            head.wait()
            raise AssertionError(f"Snakemake ran longer than {seconds} s: {self.log()}") from None
        assert not check or code == 0, self.log()
        return self.log()

    def log(self):
        return (self.folder / "head.log").read_text()

    def started(self):
        """Return what each job noted when it started."""
        file = self.disturbances / "started.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def scores(self):
        """Return the scores but for what a clock measured."""
        return pd.read_csv(self.results / "scores.csv", comment="#").drop(columns="seconds")

    def times(self):
        """Return when each result was written, in nanoseconds."""
        files = [path for path in self.results.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.results)): path.stat().st_mtime_ns for path in files}


def assert_finished(toy, undisturbed):
    """Assert the undisturbed scores, and that what was finished has not been written again."""
    pd.testing.assert_frame_equal(toy.scores(), undisturbed.scores(), check_exact=True)
    times = toy.times()
    for name, time in toy.kept.items():
        assert times[name] == time, f"{name} was made again"
    # A writer that is killed leaves its temporary file behind, whose name nothing else takes.
    assert {name for name in times if "/." not in name} == undisturbed.times().keys()
