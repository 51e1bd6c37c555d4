"""Submit the jobs of Snakemake's executor for SLURM (2.8.0) so that SLURM can take them.

The executor counts whatever ``sbatch`` refuses as a failed attempt: a retry that asks for more than
there is, a site's limit on jobs in the queue, a controller that is busy for a moment.
"""

import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from unlearning.planning.accounting import ask
from unlearning.planning.cluster import Offer, check, longest_minutes, most_megabytes, request

PAUSE = 30  # seconds until a job that SLURM did not take is submitted again
PATIENCE = 300  # seconds after which it is said again why
GIVE_UP = 3600  # seconds that the controller may be away, after which the attempt has failed

#: What sbatch says of a limit on jobs in the queue, of a user, an account or all.
FULL = re.compile(r"\w+Submit\w*Limit|temporarily unable to accept job")
#: What it says of a controller that does not answer now, and may have taken the job nevertheless.
BUSY = re.compile(
    r"Unable to contact slurm controller|Socket timed out|Zero Bytes were transmitted|"
    r"Connection (?:refused|timed out|reset)|Communication connection failure|in standby mode|"
    r"Unexpected message received|Resource temporarily unavailable",
    re.IGNORECASE,
)


class Submission:
    """What an executor submits.

    Parameters
    ----------
    executor : Snakemake's for SLURM
    offer : what the cluster offers
    """

    def __init__(
        self, executor: Any, offer: Offer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.executor, self.offer, self.clock = executor, offer, clock
        self.plugin: Any = sys.modules[type(executor).__module__]
        self.ended = threading.Event()
        self.refused: dict[int, tuple[Any, str]] = {}  # what the executor says of a failure
        self.said: dict[str, float] = {}  # when a reason was last given
        self._submit = executor.run_job
        self._report = executor._report_job_error_threadsafe

    def begin(self) -> None:
        """Take the submission over from the executor, until it ends its jobs or itself."""
        self.executor.run_job = self.submit
        self.executor._report_job_error_threadsafe = self._refuse
        for name in ("cancel_jobs", "shutdown"):
            setattr(self.executor, name, self._ending(getattr(self.executor, name)))

    def _ending(self, function: Callable[..., None]) -> Callable[..., None]:
        def end(*arguments: Any) -> None:
            # It waits for the submissions.
            self.ended.set()
            function(*arguments)

        return end

    def _refuse(self, job_info: Any, message: str) -> None:
        """Keep why a job was not taken; in place of the executor's report of an error."""
        self.refused[id(job_info.job)] = job_info, message

    def submit(self, job: Any) -> None:
        """Submit a job, again and again while SLURM takes none; in place of ``run_job``."""
        if job.attempt > 1:
            try:
                self._cap(job)
            except ValueError as error:  # in a thread, where nobody else would hear of it
                self._report(self.plugin.SubmittedJobInfo(job), str(error))
                return
        started = self.clock()
        while not self.ended.is_set():
            self._submit(job)
            refusal = self.refused.pop(id(job), None)
            if refusal is None:
                return
            reason, busy = obstacle(refusal[1])
            if not reason or (busy and self.clock() - started > GIVE_UP):
                self._report(*refusal)
                return
            self._say(job, reason)
            self.ended.wait(PAUSE)
            while busy and not self.ended.is_set() and not self._cleared(job):
                self.ended.wait(PAUSE)

    def _say(self, job: Any, reason: str) -> None:
        now = self.clock()
        if now - self.said.get(reason, now - PATIENCE) >= PATIENCE:
            self.said[reason] = now
            self.executor.logger.info(
                f"SLURM does not take rule {job.rule.name} now ({reason}): it is submitted again "
                f"every {PAUSE} s, and no attempt is lost."
            )

    def _cleared(self, job: Any) -> bool:
        """Cancel what a controller took without an answer; return whether none of it is left.

        Two jobs would write the same files.
        """
        wildcards = self.plugin.get_job_wildcards(job)
        comment = f"rule_{job.name}" + (f"_wildcards_{wildcards}" if wildcards else "")
        run = self.executor.run_uuid
        listed, silent = ask("squeue", "--me", "--noheader", f"--name={run}", "--format=%i|%k")
        lines = [line.strip().partition("|") for line in listed.splitlines()]
        taken = [number for number, _, of in lines if of == comment]
        if taken:
            ask("scancel", *taken)
        return not silent and not taken

    def _cap(self, job: Any) -> None:
        """Let a retry, which asks for more than the attempt before, ask for no more than there is.

        SLURM would refuse it, or keep it waiting for ever. What else changes with the attempt is
        checked as that of the first one was.
        """
        asked = request(job.rule.name, job.resources)
        check([replace(asked, minutes=0, megabytes=0)], self.offer)
        limits = {
            "runtime": (asked.minutes, longest_minutes(asked, self.offer), "minutes"),
            "mem_mb": (asked.megabytes, most_megabytes(asked, self.offer), "MB"),
        }
        for key, (wanted, most, unit) in limits.items():
            if wanted > most:
                setattr(job.resources, key, int(most))
                self.executor.logger.info(
                    f"Attempt {job.attempt} of rule {asked.rule} would ask for {wanted:g} {unit}: "
                    f"it asks for {int(most)}, the limit of partition {asked.partition}."
                )


def obstacle(message: str) -> tuple[str, bool]:
    """Return what keeps SLURM from taking a job now, and whether it is the controller.

    Parameters
    ----------
    message : of the executor, about ``sbatch``; nothing is returned for an error that stays
    """
    said = message.partition("\n    sbatch call:")[0]
    if full := FULL.search(said):
        return full[0], False
    if busy := BUSY.search(said):
        return busy[0], True
    return "", False
