"""What happens on clusters: the study is finished after it, nothing lost and nothing repeated."""

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from tests.helpers.daemons import command, wait_until
from tests.helpers.toy import ON_SLURM, assert_finished

# What an interrupted job had done is not done again, either.
RUN = (*ON_SLURM, "--config", "checkpoint_epochs=1")
GRID, CONTROL = "unlearned/ga/lr0.1/1", "unlearned/ga/lr0/1"


def disturb(toy, how, name):
    """Disturb the job of a chunk when all but its record has its final name."""
    plan = toy.disturbances / f"{how}-{name.replace('/', '_')}"
    plan.write_text(f"toy/{name}.json")
    return plan.with_name(plan.name.replace("hold-", "held-"))


def wait_held(head, *files):
    """Wait until one of these jobs is held; return its file, its process and its number."""

    def found():
        assert head.poll() is None, "Snakemake ended early"
        return [file for file in files if file.exists() and file.read_text()]

    file = wait_until(found, f"{files} held", 120)[0]
    pid, job = file.read_text().split()
    return file, int(pid), job


def kill(pid, _):
    os.kill(pid, signal.SIGKILL)


def cancel(_, job):
    command("scancel", job)


def end(head):
    """Kill what is left of a Snakemake and of what it runs itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait(10)


def resumed(toy, name):
    """Return whether a job went on from where an earlier one had got to."""
    return bool(json.loads((toy.results / f"{name}.json").read_text())["resumed"])


def end_states(slurm, toy, name):
    """Return how the jobs of a chunk ended, oldest first."""
    wildcards = f"toy_{name.removeprefix('unlearned/').replace('/', '_')}"
    return [job["JobState"] for job in slurm.jobs(toy.folder) if job["wildcards"] == wildcards]


def test_jobs_that_fail_die_are_cancelled_or_time_out_are_tried_again(slurm, begin, undisturbed):
    chunks = [f"{run}/{chunk}" for run in (GRID, CONTROL) for chunk in ("0-1", "2-3")]
    fails, dies, cancelled, late = chunks
    toy = begin(*chunks)
    disturb(toy, "fail", fails)
    files = {name: disturb(toy, "hold", name) for name in (dies, cancelled, late)}
    # Given here, --set-resources replaces what the profile sets; minutes.
    runtime = "attempt if (wildcards.trajectory, wildcards.chunk) == ('lr0', '2-3') else 60"
    resources = ["slurm_partition=gpu", "gpu_model=toy", f"runtime={runtime}"]
    resources = [f"unlearn:{resource}" for resource in resources]
    head = toy.start(*RUN, "--set-resources", *resources)
    try:
        waiting = {files[dies]: kill, files[cancelled]: cancel}
        while waiting:
            file, pid, job = wait_held(head, *waiting)
            waiting.pop(file)(pid, job)
        assert head.wait(240) == 0, toy.log()
    finally:
        end(head)
    assert end_states(slurm, toy, fails) == ["FAILED", "COMPLETED"]
    assert end_states(slurm, toy, dies) == ["FAILED", "COMPLETED"]
    assert end_states(slurm, toy, cancelled) == ["CANCELLED", "COMPLETED"]
    assert end_states(slurm, toy, late) == ["TIMEOUT", "COMPLETED"]
    assert "disturbed by the test" in toy.log()
    assert all(resumed(toy, name) for name in chunks)
    assert_finished(toy, undisturbed)


@pytest.fixture
def interrupted(slurm, begin):
    """Return the study and its Snakemake, two jobs of it held before the last of their outputs."""
    chunks = [f"{GRID}/0-1", f"{GRID}/2-3"]
    toy = begin(*chunks)
    files = [disturb(toy, "hold", chunk) for chunk in chunks]
    head = toy.start(*RUN)
    try:
        jobs = [wait_held(head, file)[2] for file in files]
        for chunk in chunks:
            assert (toy.results / f"{chunk}.npy").exists()
            assert not (toy.results / f"{chunk}.json").exists()
        yield toy, head, files, jobs
    finally:
        end(head)
        slurm.cancel_all()


def test_after_kill_9_of_snakemake_orphans_end_first_one_requeued(slurm, interrupted, undisturbed):
    toy, head, files, jobs = interrupted
    head.kill()
    head.wait(10)
    # Its jobs go on, and another Snakemake refuses to start beside them.
    assert "--unlock" in toy.run(*RUN, check=False)
    assert {job["id"] for job in slurm.queue(toy.folder)} == set(jobs)
    # As docs/cluster.md says: let the orphans end, or cancel them, then unlock. The one that is let
    # is preempted meanwhile: SLURM ends it and starts it again.
    held = Path(f"/proc/{files[0].read_text().split()[0]}")
    command("scontrol", "requeue", jobs[0])
    wait_until(lambda: not held.exists(), "the requeued job's process ended")
    files[0].unlink()
    command("scancel", jobs[1])
    wait_until(lambda: not slurm.queue(toy.folder), "orphans gone")
    requeued = next(job for job in slurm.jobs(toy.folder) if job["JobId"] == jobs[0])
    assert (requeued["Restarts"], requeued["JobState"]) == ("1", "COMPLETED")
    assert resumed(toy, f"{GRID}/0-1")
    toy.run(*RUN, "--unlock")
    toy.run(*RUN)
    assert end_states(slurm, toy, f"{GRID}/0-1") == ["COMPLETED"]
    assert end_states(slurm, toy, f"{GRID}/2-3") == ["CANCELLED", "COMPLETED"]
    assert_finished(toy, undisturbed)


def test_ctrl_c_cancels_the_jobs_and_leaves_no_lock(slurm, interrupted):
    toy, head, *_ = interrupted
    head.send_signal(signal.SIGINT)
    assert head.wait(60) != 0
    wait_until(lambda: not slurm.queue(toy.folder), "jobs cancelled", 180)
    assert {job["JobState"] for job in slurm.jobs(toy.folder)} == {"CANCELLED"}
    assert not list((toy.results / GRID).glob("[!.]*.npy"))
    assert not list((toy.folder / ".snakemake").glob("locks/*"))


def test_after_a_power_cut_the_same_steps_finish_the_study(slurm, interrupted, undisturbed):
    toy, head, files, jobs = interrupted
    slurm.crash()
    head.kill()
    for file in files:
        file.unlink()
    slurm.start(fresh=False)
    for job in slurm.queue(toy.folder):
        command("scancel", job["id"])
    wait_until(lambda: not slurm.queue(toy.folder), "orphans gone")
    assert not (toy.results / f"{GRID}/0-1.json").exists()
    toy.run(*RUN, "--unlock")
    toy.run(*RUN)
    assert all(resumed(toy, f"{GRID}/{chunk}") for chunk in ("0-1", "2-3"))
    assert_finished(toy, undisturbed)
