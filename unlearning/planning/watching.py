"""Watch the jobs that SLURM has been given: each end is seen, and a long wait is explained.

Snakemake's executor for SLURM (2.8.0) asks one command for the states of its jobs, and waits for
ever for a job whose end that command does not tell: all of them when ``sacct`` fails five times
within a second, as it does where there is no accounting, and a cancelled one, which ``sacct`` calls
``CANCELLED by 1000``. Here it is told what `accounting.Looks` found.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from math import inf
from typing import Any

from unlearning.planning.accounting import Looks, prepare
from unlearning.planning.cluster import Request

PATIENCE = 300  # seconds without the end of a job, after each of which the wait is explained
LOST = 900  # seconds that no tool knows a job, after which it counts as failed


def watch(executor: Any, requests: Iterable[Request]) -> None:
    """Check the accounts of jobs, say how their ends are found, and find them that way.

    Parameters
    ----------
    executor : Snakemake's for SLURM, before its first job
    requests : of the jobs about to be submitted

    Raises
    ------
    ValueError
        As `accounting.prepare` does.
    """
    settings = executor.workflow.executor_settings
    looks, doubts = prepare(requests, settings.init_seconds_before_status_checks)
    for sentence in (looks.sentence, *doubts):
        executor.logger.info(sentence)
    Watch(executor, looks).begin()


class Watch:
    """The looks of an executor at its jobs.

    Parameters
    ----------
    executor : Snakemake's for SLURM
    looks : how the ends of jobs are found
    clock : returns seconds
    """

    def __init__(
        self, executor: Any, looks: Looks, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.executor = executor
        self.plugin: Any = sys.modules[type(executor).__module__]
        self.looks = looks
        self.clock = clock
        self.seen: dict[str, str] = {}  # job -> its state and why it waits, at the last look
        self.missing: dict[str, float] = {}  # job -> since when no tool has known it
        self.silent: set[str] = set()  # tools that did not answer when they were last asked
        self.ended = self.said = clock()
        self._check = executor.check_active_jobs
        self._ask = self.plugin.query_job_status

    def begin(self) -> None:
        """Take the looks over from the executor."""
        # The accounts have been checked. It would ask for each job again, say the same each time,
        # and fail the job while the database is away.
        self.plugin.validate_account = lambda account, logger: account
        # It would leave squeue where MinJobAge is short.
        self.plugin.get_min_job_age = lambda: inf
        self.executor.workflow.executor_settings.status_command = "squeue"
        self.plugin.query_job_status = self.states
        self.executor.check_active_jobs = self.check
        self.executor.sleep = self.sleep

    async def check(self, jobs: list[Any]) -> AsyncIterator[Any]:
        """Yield the jobs that have not ended; in place of the executor's ``check_active_jobs``."""
        self.seen = {job.external_jobid: "" for job in jobs}
        left = 0
        async for job in self._check(jobs):
            left += 1
            yield job
        now = self.clock()
        if left < len(jobs) or not jobs:
            self.ended = self.said = now
        elif now - self.said >= PATIENCE:
            self.said = now
            self.executor.logger.info(explanation(self.seen, now - self.ended, self.silent))

    async def states(self, _: str, logger: Any) -> tuple[dict[str, str], float]:
        """Return job -> state, and the seconds that it took; in place of ``query_job_status``.

        A tool that fails has told nothing: the executor would forget all jobs otherwise.
        """
        start = self.clock()
        found: dict[str, str] = {}
        for tool in self.looks.tools:
            if self.seen.keys() <= found.keys():
                break
            answer, _ = await self._ask(self._command(tool), logger)
            if answer is None and tool not in self.silent:
                self.silent.add(tool)
                logger.warning(f"{tool} does not answer; it is asked again at the next look.")
            elif answer is not None and tool in self.silent:
                self.silent.remove(tool)
                logger.info(f"{tool} answers again.")
            found = {**(answer or {}), **found}
        self.seen = {job: found.get(job, "") for job in self.seen}
        found = {job: state.split()[0] for job, state in found.items() if state}
        return found | self._lost(logger), self.clock() - start

    def _lost(self, logger: Any) -> dict[str, str]:
        """Return as failed the jobs that nothing has known for long, as when SLURM lost its state.

        Their outputs may be there, from this job or from an earlier one: they are made again.
        """
        now = self.clock()
        unknown = [job for job, state in self.seen.items() if not state and not self.silent]
        self.missing = {job: self.missing.get(job, now) for job in unknown}
        lost = [job for job, since in self.missing.items() if now - since >= LOST]
        for job in lost:
            logger.warning(
                f"Job {job} has been unknown to {' and '.join(self.looks.tools)} for "
                f"{LOST // 60} minutes; it counts as failed."
            )
        return dict.fromkeys(lost, "FAILED")

    def _command(self, tool: str) -> str:
        run = self.executor.run_uuid
        if tool == "sacct":
            return str(self.plugin.query_job_status_sacct(run))
        return f"squeue --noheader --states=all --name={run} --format='%i|%T %r'"

    async def sleep(self) -> None:
        """Wait for the next look, no longer than Snakemake runs; in place of ``sleep``."""
        seconds = min(self.executor.next_seconds_between_status_checks, self.looks.longest)
        end = self.clock() + seconds
        while self.executor.wait and (left := end - self.clock()) > 0:
            await asyncio.sleep(min(left, 1))


def explanation(seen: Mapping[str, str], seconds: float, silent: Iterable[str] = ()) -> str:
    """Say what is waited for.

    Parameters
    ----------
    seen : job -> ``RUNNING None``, ``PENDING`` and why it is, or an empty text for an unknown one
    seconds : since a job ended
    silent : tools that do not answer
    """
    states = Counter((state.split() or [""])[0].lower() for state in seen.values())
    reasons = Counter(
        state.partition(" ")[2] for state in seen.values() if state.startswith("PENDING ")
    )
    parts = [f"{states[state]} {state.replace('_', ' ')}" for state in sorted(states) if state]
    if reasons:
        why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        parts = [f"{part} ({why})" if part.endswith(" pending") else part for part in parts]
    unknown = [job for job, state in seen.items() if not state]
    if unknown:
        parts.append(f"{len(unknown)} unknown to SLURM ({', '.join(unknown)})")
    text = f"No job has ended for {seconds / 60:.0f} minutes; waiting for {', '.join(parts)}."
    if silent := sorted(silent):
        text += f" {' and '.join(silent)} did not answer."
    return text
