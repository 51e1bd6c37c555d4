"""Each end of a job is seen by Snakemake's own executor for SLURM, and a long wait is explained."""

import asyncio
import contextlib
import logging
import os
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_slurm as plugin

from tests.helpers.commands import write
from unlearning.planning import watching
from unlearning.planning.accounting import Looks
from unlearning.planning.cluster import Request
from unlearning.planning.watching import Watch, explanation

BOTH = Looks(("squeue", "sacct"), float("inf"), "watched with both")
ALONE = Looks(("squeue",), 20, "watched with squeue")
DISABLED = "echo Slurm accounting storage is disabled >&2; exit 1"
PATCHED = ("validate_account", "get_min_job_age", "query_job_status")


class Executor(plugin.Executor):
    """The executor without Snakemake: it notes what it would report."""

    __module__ = plugin.__name__

    def __init__(self):
        settings = plugin.ExecutorSettings(status_command="sacct", keep_successful_logs=True)
        self.workflow = SimpleNamespace(executor_settings=settings)
        self.logger = logging.getLogger("test of watching")
        self.status_rate_limiter = contextlib.nullcontext()
        self.run_uuid = "mine_1234"
        self.wait = True
        self._next_seconds_between_status_checks = 40
        self._preemption_warning = False
        self._status_query_calls = self._status_query_failures = 0
        self._status_query_total_seconds = self._status_query_max_seconds = 0.0
        self._status_query_min_seconds = None
        self._status_query_cycle_rows = []
        self.succeeded, self.failed = [], []

    def report_job_success(self, job):
        self.succeeded.append(job.external_jobid)

    def report_job_error(self, job, msg=None, **_):
        self.failed.append(job.external_jobid)


class Toy:
    """An executor with commands of SLURM, and a clock that is set."""

    def __init__(self, folder):
        self.folder = folder
        self.executor = Executor()
        self.now = 0.0

    def begin(self, looks=BOTH):
        self.watch = Watch(self.executor, looks, clock=lambda: self.now)
        self.watch.begin()

    def say(self, **answers):
        """Let commands answer, or fail."""
        for tool, answer in answers.items():
            call = f'echo "$@" >>{self.folder}/{tool}.calls\n'
            fails = answer == DISABLED
            write(self.folder, **{tool: call + (answer if fails else f"cat <<'E'\n{answer}\nE")})

    def look(self, *jobs):
        """Look at jobs as the executor does, and return those that go on."""
        infos = [SimpleNamespace(external_jobid=job, aux={}) for job in jobs]

        async def left():
            return [job.external_jobid async for job in self.executor.check_active_jobs(infos)]

        return asyncio.run(left())

    def calls(self, tool):
        file = self.folder / f"{tool}.calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def toy(monkeypatch, tmp_path, caplog):
    """Return a toy; the executor's functions are as before afterwards."""
    caplog.set_level(logging.INFO)
    for name in PATCHED:
        monkeypatch.setattr(plugin, name, getattr(plugin, name))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Toy(tmp_path)


def test_without_the_watch_the_executor_forgets_all_jobs(toy):
    """What is mended here; when a new version of the executor does it, the watch can go."""
    toy.say(sacct=DISABLED)
    assert toy.look("1", "2") == []
    assert (toy.executor.succeeded, toy.executor.failed) == ([], [])
    toy.say(sacct="1|CANCELLED by 1000")
    assert toy.look("1") == ["1"]


def test_ends_are_seen_without_accounting(toy):
    toy.begin(ALONE)
    toy.say(sacct=DISABLED, squeue="1|COMPLETED None\n2|RUNNING None\n3|TIMEOUT TimeLimit")
    assert toy.look("1", "2", "3") == ["2"]
    assert (toy.executor.succeeded, toy.executor.failed) == (["1"], ["3"])
    assert not toy.calls("sacct")
    assert "--name=mine_1234" in toy.calls("squeue")[0]


def test_what_squeue_has_forgotten_sacct_knows(toy):
    toy.begin()
    toy.say(squeue="2|RUNNING None", sacct="1|COMPLETED\n2|PENDING\n3|CANCELLED by 1000")
    assert toy.look("1", "2", "3") == ["2"]
    assert (toy.executor.succeeded, toy.executor.failed) == (["1"], ["3"])
    assert "--name mine_1234" in toy.calls("sacct")[0]


def test_sacct_that_lags_behind_holds_nothing_up(toy):
    toy.begin()
    toy.say(squeue="1|COMPLETED None\n2|RUNNING None", sacct="1|RUNNING")
    assert toy.look("1", "2", "3") == ["2", "3"]
    assert toy.executor.succeeded == ["1"]
    # Only a job that squeue does not know makes sacct be asked.
    assert toy.look("2") == ["2"]
    assert len(toy.calls("sacct")) == 1


def test_tools_that_fail_for_a_while_lose_no_job_and_are_one_line_each(toy, caplog):
    toy.begin()
    toy.say(squeue=DISABLED, sacct=DISABLED)
    for _ in range(3):
        assert toy.look("1", "2") == ["1", "2"]
    toy.say(squeue="2|RUNNING None", sacct="1|COMPLETED")
    assert toy.look("1", "2") == ["2"]
    assert toy.executor.succeeded == ["1"]
    assert caplog.messages == [
        "squeue does not answer; it is asked again at the next look.",
        "sacct does not answer; it is asked again at the next look.",
        "squeue answers again.",
        "sacct answers again.",
    ]


def test_the_executors_own_checks_are_not_in_the_way(toy):
    toy.begin(ALONE)
    # Of each job it would ask sacctmgr for the account, and leave squeue where MinJobAge is short.
    toy.say(scontrol="MinJobAge = 2 sec", sacctmgr="exit 1", squeue="1|COMPLETED None")
    job = SimpleNamespace(resources=Resources(slurm_account="theory"))
    assert next(toy.executor.get_account_arg(job)) == " -A theory"
    assert toy.look("1") == []
    assert toy.executor.succeeded == ["1"]
    assert not toy.calls("sacctmgr")


class Resources(dict):
    """Resources of a job, which are attributes as well."""

    __getattr__ = dict.__getitem__


def test_a_look_comes_as_soon_as_it_must_and_ends_with_snakemake(toy, monkeypatch):
    toy.begin(ALONE)
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        toy.now += seconds

    monkeypatch.setattr(watching.asyncio, "sleep", sleep)
    toy.executor.next_seconds_between_status_checks = 180
    asyncio.run(toy.executor.sleep())
    assert sum(slept) == 20
    toy.executor.next_seconds_between_status_checks = 2.5
    asyncio.run(toy.executor.sleep())
    assert slept[-3:] == [1, 1, 0.5]
    toy.executor.wait = False
    before = list(slept)
    asyncio.run(toy.executor.sleep())
    assert slept == before


def test_a_long_wait_is_explained_every_five_minutes(toy, caplog):
    toy.begin()
    toy.say(squeue="1|PENDING Priority\n2|PENDING Resources\n3|PENDING Priority\n4|RUNNING None")
    for minute in range(11):
        toy.now = 60 * minute
        toy.look("1", "2", "3", "4")
    waits = "waiting for 3 pending (2 Priority, 1 Resources), 1 running."
    assert caplog.messages == [f"No job has ended for {time} minutes; {waits}" for time in (5, 10)]
    toy.say(squeue="1|PENDING Priority\n4|COMPLETED None")
    toy.look("1", "4")
    toy.now += 299
    toy.look("1")
    assert len(caplog.messages) == 2
    toy.now += 1
    toy.look("1")
    assert caplog.messages[2:] == [
        "No job has ended for 5 minutes; waiting for 1 pending (1 Priority)."
    ]


def test_a_job_that_nothing_knows_counts_as_failed_after_a_quarter_of_an_hour(toy, caplog):
    toy.begin()
    toy.say(squeue="2|RUNNING None", sacct="")
    assert toy.look("1", "2") == ["1", "2"]
    toy.now = 800
    toy.say(sacct=DISABLED)
    assert toy.look("1", "2") == ["1", "2"]
    # While a tool is silent it could know.
    toy.now = 1000
    assert toy.look("1", "2") == ["1", "2"]
    toy.say(sacct="")
    for time, left in ((1100, ["1", "2"]), (1999, ["1", "2"]), (2000, ["2"])):
        toy.now = time
        assert toy.look("1", "2") == left
    assert toy.executor.failed == ["1"]
    assert caplog.messages[-1] == (
        "Job 1 has been unknown to squeue and sacct for 15 minutes; it counts as failed."
    )
    assert toy.look("2") == ["2"]


def test_an_hour_without_slurm_jobs_is_no_wait(toy, caplog):
    toy.begin()
    toy.say(squeue="1|RUNNING None")
    toy.now = 3600
    toy.look()
    toy.look("1")
    assert not caplog.messages


def test_what_is_waited_for():
    assert explanation({"7": "", "8": "COMPLETING None"}, 300) == (
        "No job has ended for 5 minutes; waiting for 1 completing, 1 unknown to SLURM (7)."
    )
    assert explanation({"7": ""}, 600, {"squeue", "sacct"}) == (
        "No job has ended for 10 minutes; waiting for 1 unknown to SLURM (7). "
        "sacct and squeue did not answer."
    )
    reason = "PENDING ReqNodeNotAvail, UnavailableNodes:n1"
    assert "1 pending (1 ReqNodeNotAvail, UnavailableNodes:n1)" in explanation({"1": reason}, 300)
    assert "2 pending (2 Priority)" in explanation({"1": (p := "PENDING Priority"), "2": p}, 300)


def test_the_watch_says_how_it_looks_and_what_cannot_be_checked(toy, caplog):
    toy.say(scontrol="AccountingStorageType = accounting_storage/none\nMinJobAge = 300 sec")
    toy.say(sacct=DISABLED, squeue="1|COMPLETED None")
    watching.watch(toy.executor, [Request("unlearn", "theory"), Request("score", "theory")])
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("Jobs are watched with squeue, which knows them")
    assert caplog.messages[1].startswith("Account theory cannot be checked")
    assert toy.look("1") == []
    toy.say(scontrol="AccountingStorageType = accounting_storage/none\nMinJobAge = 60 sec")
    with pytest.raises(ValueError, match="slurm-init-seconds-before-status-checks: 20"):
        watching.watch(toy.executor, [Request("unlearn", "theory")])
