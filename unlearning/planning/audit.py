"""What a target of a study will take: the jobs, why they run, hours, disk.

Works on jobs as Snakemake plans them (`Job`) and on the seconds of jobs that have run
(`Measurement`), and knows neither Snakemake nor paths.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from unlearning.planning.resources import ON_DEVICE, ON_MEMBERS, Needs
from unlearning.study.listings import is_listing

#: Why a job runs. Inputs change by hand or because an earlier stage makes them again.
REASONS = ("missing", "code", "config", "input")


#: Where an estimate of time comes from: jobs of the same stage and method, other jobs of the
#: study, or the model of `unlearning.planning.costs` alone.
MEASURED, SCALED, MODEL = "measured", "scaled", "model"

HOUR, GIGABYTE = 3600, 1e9

#: Columns of the table, see `table`.
COLUMNS = (
    "stage",
    "done",
    "to_run",
    *REASONS,
    "members",
    "sample_gradients",
    "gpu_hours",
    "cpu_hours",
    "estimate",
    "gigabytes",
)


class Wildcards(SimpleNamespace):
    """Wildcards of a job that Snakemake does not plan."""


@dataclass(frozen=True)
class Job:
    """A job of the study, done or to run."""

    rule: str
    wildcards: Any  # as attributes
    reason: str = ""  # one of `REASONS`; empty if it is done


@dataclass(frozen=True)
class Measurement:
    """How long a job has taken, on what."""

    rule: str
    wildcards: Any
    seconds: float
    device: str  # "cpu" or "gpu"


def why(
    *,
    missing: bool,
    changed: Collection[str],
    config: bool,
    recorded: Collection[str] | None = None,
    current: Collection[str] = (),
    code: bool = False,
) -> str:
    """Return the reason of a job in one word of `REASONS`.

    Parameters
    ----------
    missing : whether outputs are missing or were left unfinished
    changed : inputs that are no longer as they were
    config : whether the rule is given other parameters
    recorded : inputs when it last ran, if the list of them has changed
    current : inputs now
    code : whether Snakemake itself says that the code or its environment has changed
    """
    if missing:
        return "missing"
    if config:
        return "config"
    others = set(changed)
    if recorded is not None:
        others |= set(recorded) ^ set(current)
    if code or any(map(is_listing, others)):
        return "code"
    return "input"


class Clock:
    """Foretells the seconds of jobs: by what the study itself has taken, else by the model.

    Parameters
    ----------
    needs : the study
    measurements : of jobs of this study that ran from their beginning to their end
    device : where jobs will run if none has yet; by default what the study asks for

    Attributes
    ----------
    device : ``"cpu"`` or ``"gpu"``: where its jobs ran, else as given
    """

    def __init__(
        self, needs: Needs, measurements: Iterable[Measurement], device: str | None = None
    ) -> None:
        self.needs = needs
        taken = list(measurements)
        trained = [measured.device for measured in taken if measured.rule in ON_MEMBERS]
        self.device = max(trained, key=trained.count) if trained else device or needs.device
        self._sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for measured in taken:
            self.add(measured)

    def add(self, measured: Measurement) -> None:
        """Take into account what one more job has taken."""
        expected = self.needs.job_seconds(measured.rule, measured.wildcards, measured.device)
        groups = [group(measured.rule, measured.wildcards)]
        if measured.rule in ON_MEMBERS and measured.device == self.device:
            groups.append(("", ""))
        for each in groups:
            self._sums[each][0] += measured.seconds
            self._sums[each][1] += expected

    def factor(self, rule: str, method: str) -> tuple[float, str]:
        """Return how much longer than by the model a `group` takes, and how that is known."""
        if (rule, method) in self._sums:
            total, model = self._sums[rule, method]
            return total / model, MEASURED
        if rule in ON_MEMBERS and ("", "") in self._sums:
            total, model = self._sums["", ""]
            return total / model, SCALED
        return 1.0, MODEL

    def seconds(self, rule: str, wildcards: Any) -> tuple[float, str]:
        """Return the seconds of a job and where the estimate comes from."""
        factor, source = self.factor(*group(rule, wildcards))
        return factor * self.needs.job_seconds(rule, wildcards, self.device), source


def group(rule: str, wildcards: Any) -> tuple[str, str]:
    """Return what a job's time is foretold by: its rule, and the method where it unlearns."""
    return rule, wildcards.method if rule == "unlearn" else ""


def table(
    jobs: Sequence[Job], needs: Needs, clock: Clock, stages: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a row a stage, in the order of the stages, those without jobs left out.

    Returns
    -------
    list of dict
        ``stage``; ``done`` and ``to_run`` jobs, the latter by reason; of those to run:
        ``members``, ``sample_gradients``, ``gpu_hours``, ``cpu_hours``, ``estimate`` (where the
        hours come from) and ``gigabytes`` on disk.
    """
    rows = []
    for stage in stages:
        mine = [job for job in jobs if job.rule == stage]
        if not mine:
            continue
        run = [job for job in mine if job.reason]
        reasons = Counter(job.reason for job in run)
        work = [needs.work(stage, job.wildcards) for job in run]
        times = [clock.seconds(stage, job.wildcards) for job in run]
        hours = sum(seconds for seconds, _ in times) / HOUR
        on_gpu = stage in ON_DEVICE and clock.device == "gpu"
        written = sum(sum(needs.outputs(stage, job.wildcards).values()) for job in run)
        rows.append(
            {
                "stage": stage,
                "done": len(mine) - len(run),
                "to_run": len(run),
                **{reason: reasons[reason] for reason in REASONS},
                "members": sum(part.members for part in work),
                "sample_gradients": sum(part.gradients for part in work),
                "gpu_hours": hours if on_gpu else 0.0,
                "cpu_hours": 0.0 if on_gpu else hours,
                "estimate": "+".join(sorted({source for _, source in times})),
                "gigabytes": written / GIGABYTE,
            }
        )
    return rows
