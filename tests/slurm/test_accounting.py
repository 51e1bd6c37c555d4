"""Every end of a job is seen, whatever accounting there is; the profile is as a user has it."""

import contextlib
import os

import pytest

from tests.helpers.accounting import ACCOUNT, QOS
from tests.helpers.commands import write
from tests.helpers.daemons import command, wait_until
from tests.helpers.study import copy_repository
from tests.helpers.toy import ON_SLURM, Toy

CHUNK = "pretrained/0-1"
UUID = "MIG-5a1c0a3e-0b1f-5c27-8a44-4f0e8f5b9d21"

#: squeue of a cluster that forgets a job at its end
FORGETS = """\
for word do
    test "$word" = --states=all && word=--states=PENDING,RUNNING,COMPLETING
    set -- "$@" "$word"
    shift
done
exec /usr/bin/squeue "$@"
"""

#: sacct that fails for some seconds after it was first asked for a job, or tells what it knew then
SACCT = """\
case "$*" in *--name=none*) exec /usr/bin/sacct "$@";; esac
cd {folder}
date +%s >>asked
test $(($(date +%s) - $(head -n1 asked))) -ge {seconds} && exec /usr/bin/sacct "$@"
{meanwhile}
"""


@pytest.fixture(scope="module")
def accounts(slurm):
    """Return SLURM with a database of its accounts."""
    with slurm.accounting():
        yield slurm


@pytest.fixture
def prepare(tmp_path):
    """Return a function that starts a study of one SLURM job; what still runs is ended later."""
    heads = []

    def start(name, *arguments, disturb=None, **commands):
        folder = tmp_path / name
        folder.mkdir()
        copy_repository(folder)
        toy = Toy(folder, [f"results/toy/{CHUNK}.safetensors"])
        toy.prepare()
        if disturb:
            (toy.disturbances / f"{disturb}-it").write_text(f"toy/{CHUNK}.json")
        write(toy.disturbances, **commands)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{toy.disturbances}:{os.environ['PATH']}")
            toy.head = toy.start(*(arguments or ON_SLURM))
        heads.append(toy.head)
        return toy

    yield start
    for head in heads:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(head.pid, 9)
        head.wait(10)


def states(slurm, toy):
    return [job["JobState"] for job in slurm.jobs(toy.folder)]


def test_a_user_of_a_cluster_with_accounts(accounts, prepare, monkeypatch):
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "profiles/slurm")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", UUID)
    settings = [word for word in ON_SLURM if "profile" not in word]
    toy = prepare(
        "user", *settings, "--slurm-jobname-prefix=mine", f"--slurm-qos={QOS}", disturb="fail"
    )
    assert toy.head.wait(240) == 0, toy.log()
    printed = toy.log()
    assert "Jobs are watched with squeue, and with sacct when" in printed
    assert "cannot be checked" not in printed
    # SLURM hands SNAKEMAKE_PROFILE on, and the Snakemake in a job does not read it: the profile's
    # retries are SLURM jobs, and none has run its script twice.
    assert states(accounts, toy) == ["FAILED", "COMPLETED"]
    jobs = accounts.jobs(toy.folder)
    trained = [job for job in toy.started() if job["SLURM_JOB_ID"]]
    assert [job["SLURM_JOB_ID"] for job in trained] == [job["JobId"] for job in jobs]
    # The head's GPUs are not those of a job.
    assert {job["CUDA_VISIBLE_DEVICES"] for job in trained} <= {"0", "1"}
    assert {(job["Account"], job["QOS"]) for job in jobs} == {(ACCOUNT, QOS)}
    assert all(job["JobName"].startswith("mine_") for job in jobs)
    recorded = command("sacct", "-XnP", "--name", jobs[0]["JobName"], "--format=JobIDRaw,State")
    assert recorded.split() == [f"{jobs[0]['JobId']}|FAILED", f"{jobs[1]['JobId']}|COMPLETED"]


def test_ends_that_squeue_has_forgotten(accounts, prepare, tmp_path):
    """At once, as most of it is waiting: a cancelled job, sacct that fails and that lags behind."""
    once = [*ON_SLURM, "--retries=0"]
    toys = {"cancelled": prepare("cancelled", *once, disturb="hold", squeue=FORGETS)}
    for name, meanwhile in (("fails", "echo connection refused >&2; exit 1"), ("lags", "exit 0")):
        folder = tmp_path / f"asked-{name}"
        folder.mkdir()
        script = SACCT.format(folder=folder, seconds=5, meanwhile=meanwhile)
        toys[name] = prepare(name, squeue=FORGETS, sacct=script)
    held = toys["cancelled"].disturbances / "held-it"
    wait_until(lambda: held.exists() and held.read_text(), "the job is held", 120)
    command("scancel", held.read_text().split()[1])
    for name, toy in toys.items():
        assert (toy.head.wait(240) == 0) == (name != "cancelled"), toy.log()
    assert "SLURM status is: 'CANCELLED'" in toys["cancelled"].log()
    assert states(accounts, toys["cancelled"]) == ["CANCELLED"]
    assert states(accounts, toys["fails"]) == states(accounts, toys["lags"]) == ["COMPLETED"]
    assert toys["fails"].log().count("sacct does not answer") == 1
    assert "sacct answers again" in toys["fails"].log()
    assert "does not answer" not in toys["lags"].log()


WRONG = {
    "account": (["--default-resources", "slurm_account=other"], "root has no SLURM account other"),
    "qos": (["--slurm-qos=other"], "account theory of root has no quality of service other"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_what_the_database_does_not_know_is_refused(accounts, prepare, arguments, message):
    toy = prepare("wrong", *ON_SLURM, *arguments)
    assert toy.head.wait(120) != 0
    assert message in toy.log()
    assert "Traceback" not in toy.log()
    assert not accounts.jobs(toy.folder)


def test_a_cluster_that_forgets_before_the_first_look_is_told_what_to_set(accounts, prepare):
    shown = "echo AccountingStorageType = accounting_storage/none; echo MinJobAge = 60 sec"
    disabled = "echo Slurm accounting storage is disabled >&2; exit 1"
    toy = prepare("short", "--profile=profiles/slurm", scontrol=shown, sacct=disabled)
    assert toy.head.wait(120) != 0
    assert "`slurm-init-seconds-before-status-checks: 20` to the profile" in toy.log()
    assert "Traceback" not in toy.log()
    assert not accounts.jobs(toy.folder)
