"""Jobs are submitted by Snakemake's own executor for SLURM so that SLURM can take them."""

import logging
import os
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin
from snakemake.iocontainers import ResourceList

from tests.helpers.commands import write
from unlearning.planning import submitting
from unlearning.planning.cluster import Offer
from unlearning.planning.partitions import ANY, Partition
from unlearning.planning.submitting import GIVE_UP, PAUSE, Submission, obstacle

OFFER = Offer(
    {
        "gpu": Partition(60, {"a100": 4}, {ANY: 90000, "a100": 64000}),
        "long": Partition(600, {"a100": 4}, {ANY: 90000, "a100": 32000}),
        "cpu": Partition(9000, {}, {ANY: 190000}),
    }
)


class Executor(plugin.Executor):
    """The executor as far as it submits, with what sbatch says each time it refuses."""

    __module__ = plugin.__name__

    def __init__(self, logger, answers):
        self.logger, self.answers = logger, answers
        self.run_uuid = "mine_1234"
        self.submitted, self.failed, self.calls = [], [], []

    def run_job(self, job):
        answer = self.answers.pop(0) if self.answers else ""
        if answer:
            message = (
                f"SLURM sbatch failed. The error message was '{answer}'.\n    sbatch call:\n X"
            )
            self._report_job_error_threadsafe(SimpleNamespace(job=job), message)
        else:
            self.submitted.append(job)

    def _report_job_error_threadsafe(self, job_info, msg):
        self.failed.append(msg)

    def cancel_jobs(self, active_jobs):
        self.calls.append("cancel_jobs")

    def shutdown(self):
        self.calls.append("shutdown")


def job(attempt, partition="gpu", **resources):
    """Return a job as Snakemake hands it to an executor."""
    found = {
        "slurm_account": "theory",
        "slurm_partition": partition,
        "gpu": 1,
        "runtime": 45,
        "mem_mb": 4000,
    } | resources
    return SimpleNamespace(
        attempt=attempt,
        name="unlearn",
        wildcards=["toy", "1"],
        is_group=lambda: False,
        rule=SimpleNamespace(name="unlearn"),
        resources=ResourceList(fromdict=found),
    )


@pytest.fixture
def asked(caplog):
    """Return a function that submits a job, and returns the minutes and MB that it asks for."""
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("test of submitting")

    def submit(job, offer=OFFER):
        executor = Executor(logger, [])
        Submission(executor, offer).begin()
        executor.run_job(job)
        return job.resources.runtime, job.resources.get("mem_mb")

    return submit


def test_a_retry_asks_for_no_more_than_the_partition_allows(asked, caplog):
    assert asked(job(2, runtime=90, mem_mb=100000)) == (60, 64000)
    assert caplog.messages == [
        "Attempt 2 of rule unlearn would ask for 90 minutes: it asks for 60, the limit of "
        "partition gpu.",
        "Attempt 2 of rule unlearn would ask for 100000 MB: it asks for 64000, the limit of "
        "partition gpu.",
    ]


@pytest.mark.parametrize(
    ("wanted", "every", "found"),
    [
        (job(3, runtime=60, mem_mb=64000), False, (60, 64000)),
        (job(1, runtime=90), False, (90, 4000)),
        # SLURM takes one of a list that can, where its administrators do not want each to.
        (job(2, "gpu,long", runtime=900, mem_mb=99999), False, (600, 64000)),
        (job(2, "gpu,long", runtime=900, mem_mb=99999), True, (60, 32000)),
        (job(2, "cpu,gpu", runtime=900), False, (60, 4000)),
        (job(2, "cpu", gpu=0, runtime=900, mem_mb=99999), False, (900, 99999)),
    ],
)
def test_what_is_asked_for(asked, wanted, every, found):
    assert asked(wanted, Offer(OFFER.partitions, every)) == found


def test_a_retry_of_a_partition_that_is_not_there_fails_with_a_sentence(caplog):
    executor = Executor(logging.getLogger("test of submitting"), [])
    Submission(executor, OFFER).begin()
    executor.run_job(job(2, "none"))
    assert not executor.submitted
    assert executor.failed[0].startswith("rule unlearn: this cluster has no partition none, it has")


FULL = "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job"
BUSY = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"


class Time:
    """An event for which waiting takes no time, and its clock."""

    def __init__(self):
        self.now, self.waits, self.end_after = 0.0, 0, 10**9

    def is_set(self):
        return self.waits >= self.end_after

    def wait(self, seconds):
        self.now += seconds
        self.waits += 1

    def set(self):
        self.end_after = 0


@pytest.fixture
def submit(caplog, monkeypatch, tmp_path):
    """Return a function that submits a job to a SLURM that says so, and returns the executor."""
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    write(tmp_path, squeue="exit 0")

    def run(*answers, end_after=10**9):
        executor = Executor(logging.getLogger("test of submitting"), list(answers))
        executor.time = Time()
        executor.time.end_after = end_after
        submission = Submission(executor, OFFER, clock=lambda: executor.time.now)
        submission.ended = executor.time
        submission.begin()
        executor.run_job(job(1))
        return executor

    return run


def test_a_limit_on_queued_jobs_costs_no_attempt_and_is_said_every_five_minutes(submit, caplog):
    executor = submit(*[FULL] * 500)
    assert (len(executor.submitted), executor.failed) == (1, [])
    assert executor.time.now == 500 * PAUSE > GIVE_UP
    assert len(caplog.messages) == 500 * PAUSE / submitting.PATIENCE
    assert caplog.messages[0] == (
        "SLURM does not take rule unlearn now (QOSMaxSubmitJobPerUserLimit): it is submitted again "
        "every 30 s, and no attempt is lost."
    )


def test_a_controller_that_is_busy_is_waited_for_and_one_that_is_away_is_not(submit):
    executor = submit(BUSY, BUSY)
    assert (len(executor.submitted), executor.failed) == (1, [])
    executor = submit(*[BUSY] * 500)
    assert not executor.submitted
    assert "Socket timed out" in executor.failed[0] and len(executor.failed) == 1
    assert GIVE_UP < executor.time.now <= GIVE_UP + PAUSE


def test_what_a_busy_controller_took_is_cancelled_before_the_next_submission(submit, tmp_path):
    listed = "7|rule_unlearn_wildcards_toy_1\n8|rule_unlearn_wildcards_toy_2"
    write(
        tmp_path,
        squeue=f"echo $* >>{tmp_path}/asked; test -e {tmp_path}/gone || echo '{listed}'",
        scancel=f"echo $* >>{tmp_path}/gone",
    )
    assert len(submit(BUSY).submitted) == 1
    assert (tmp_path / "gone").read_text() == "7\n"
    assert (tmp_path / "asked").read_text().count("--name=mine_1234") == 2


def test_an_error_that_stays_fails_at_once(submit):
    executor = submit("sbatch: error: invalid partition specified: none")
    assert (executor.submitted, len(executor.failed), executor.time.waits) == ([], 1, 0)


def test_the_wait_ends_with_snakemake(submit):
    executor = submit(*[FULL] * 500, end_after=3)
    assert (executor.submitted, executor.failed, executor.time.waits) == ([], [], 3)
    executor = submit()
    executor.cancel_jobs([])
    executor.run_job(job(1))
    assert len(executor.submitted) == 1 and executor.calls == ["cancel_jobs"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AssocMaxSubmitJobLimit\nfailed: Job violates", ("AssocMaxSubmitJobLimit", False)),
        ("error: AssocGrpSubmitJobsLimit", ("AssocGrpSubmitJobsLimit", False)),
        ("error: Slurm temporarily unable to accept job, sleeping and retrying.",
         ("temporarily unable to accept job", False)),
        ("Unable to contact slurm controller (connect failure)",
         ("Unable to contact slurm controller", True)),
        ("error: QOSMaxWallDurationPerJobLimit\nviolates policy (job submit limit, user's size",
         ("", False)),
        ("Requested node configuration is not available", ("", False)),
        ("no\n    sbatch call:\n    /home/Socket timed out", ("", False)),
    ],
)  # fmt: skip
def test_which_obstacles_pass(text, found):
    assert obstacle(text) == found
