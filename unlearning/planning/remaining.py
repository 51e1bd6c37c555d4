"""How long a run still takes: what its jobs should take, at the speed that it has had so far."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from unlearning.planning.audit import Clock, Measurement, group

#: Until a run has gone on for so long, or for this part of what it should take, its own speed
#: counts less than what its processors should give.
TRUST_SECONDS, TRUST_PART = 10.0, 0.1
#: A job that takes longer than foretold is about to end for so long.
ALMOST = 0.95


class Remaining:
    """Follows a run's jobs.

    Parameters
    ----------
    clock : what jobs take; is told what those of this run have taken
    jobs : number of the job -> (rule, wildcards), all jobs to run
    workers : jobs that run at once, at most
    waits : whether jobs wait in the queue of a cluster between their beginning and their start
    now : seconds of any clock

    Attributes
    ----------
    running : number of the job -> when it began
    """

    def __init__(
        self,
        clock: Clock,
        jobs: Mapping[int, tuple[str, Any]],
        workers: int,
        waits: bool,
        now: float,
    ) -> None:
        self.clock, self.jobs, self.waits, self.start = clock, jobs, waits, now
        self.running: dict[int, float] = {}
        seconds_of = clock.needs.job_seconds
        self._model = {job: seconds_of(*jobs[job], clock.device) for job in jobs}
        # Seconds by the model: what jobs take is known of groups, and becomes known better.
        self._left: dict[tuple[str, str], float] = defaultdict(float)
        self._done: dict[tuple[str, str], float] = defaultdict(float)
        for job, seconds in self._model.items():
            self._left[group(*jobs[job])] += seconds
        self._workers = max(1, min(workers, len(jobs)))
        self._trust = max(TRUST_SECONDS, TRUST_PART * self._work(self._left) / self._workers)

    def begin(self, job: int, now: float) -> None:
        """Note that a job runs, or waits in a queue to run."""
        self.running[job] = now

    def fail(self, job: int) -> None:
        """Note that a job has failed: it is still to be done."""
        self.running.pop(job, None)

    def end(self, job: int, now: float, taken: Measurement | None = None) -> float:
        """Note that a job is done, and return its seconds.

        Parameters
        ----------
        job, now : which, when
        taken : what it has measured itself, without what waiting for it took
        """
        seconds = now - self.running.pop(job, now)
        if taken is not None:
            self.clock.add(taken)
            seconds = taken.seconds
        each, model = group(*self.jobs[job]), self._model.pop(job, 0.0)
        self._left[each] -= model
        self._done[each] += model
        return seconds

    def seconds(self, now: float) -> float:
        """Return how long the run still takes."""
        if not self._model:
            return 0.0
        ends, spent = 0.0, 0.0
        for job, began in [] if self.waits else list(self.running.items()):
            expected = self._expected(job)
            part = min(now - began, ALMOST * expected)
            ends, spent = max(ends, expected - part), spent + part
        elapsed = now - self.start
        trusted = self._work(self._done) + spent + self._trust * self._workers
        speed = trusted / (elapsed + self._trust)  # seconds of jobs a second
        return max(ends, (self._work(self._left) - spent) / speed)

    def _expected(self, job: int) -> float:
        factor, _ = self.clock.factor(*group(*self.jobs[job]))
        return factor * self._model.get(job, 0.0)

    def _work(self, model: Mapping[tuple[str, str], float]) -> float:
        """Return the seconds of jobs, from what groups of them take by the model."""
        return sum(self.clock.factor(*each)[0] * seconds for each, seconds in model.items())
