"""Rounds of scheduling that are asked for do not pile up."""

import threading
from types import SimpleNamespace

from snakemake.scheduling.job_scheduler import JobScheduler

from workflow.starting.rounds import once_a_second


def test_one_round_waits_at_a_time():
    scheduler = SimpleNamespace(_open_jobs=threading.Semaphore(0))
    once_a_second(scheduler)
    before = threading.active_count()
    for _ in range(20):
        scheduler._schedule_reevalutation(0.2)
    assert threading.active_count() == before + 1
    assert scheduler._open_jobs.acquire(timeout=10)
    assert not scheduler._open_jobs.acquire(timeout=0.5)
    scheduler._schedule_reevalutation(0.01)
    assert scheduler._open_jobs.acquire(timeout=10)


def test_snakemake_asks_by_that_name():
    assert callable(JobScheduler._schedule_reevalutation)
