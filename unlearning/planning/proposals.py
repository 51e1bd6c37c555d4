"""How long the jobs of an audit take on G GPUs, and with which chunks they take least."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unlearning.planning import makespan
from unlearning.planning.audit import Clock, Job, Wildcards
from unlearning.planning.costs import chunk_size
from unlearning.planning.makespan import COMPONENTS, PRETRAINED, Kind, Plan
from unlearning.planning.resources import ON_MEMBERS, Needs

#: Chunks within this factor of the shortest time are as good: the study's own are kept, else the
#: largest are proposed, since every job of a cluster has to be queued and started.
AS_GOOD = 1.02


@dataclass(frozen=True)
class Proposal:
    """Chunk sizes and the time that they allow."""

    seconds: float
    chunk: int  # of the ensembles
    models_chunk: int  # of the datamodels
    longest: float  # seconds of the longest job


def propose(
    jobs: Sequence[Job], needs: Needs, clock: Clock, machines: int, limit: float
) -> tuple[Proposal, Proposal | None]:
    """Return the study's own chunks, and those that allow the shortest time.

    Chunks of which a job is done stay: another size would train its members again.

    Parameters
    ----------
    jobs : all jobs of the target
    needs, clock : of the study
    machines : GPUs, or processors for a study on the processor
    limit : seconds that a job may take

    Returns
    -------
    own : with the chunks of the config, whether its jobs keep the limit or not
    best : None if no chunks keep the limit
    """
    ensemble, datamodels = needs.config["ensemble"], needs.config["datamodels"]
    own = (ensemble["chunk"], datamodels["chunk"])
    done = {job.rule for job in jobs if not job.reason}
    fixed = bool(done & {"train_pretrained", "import_pretrained", "train_oracle", "unlearn"})
    counts = (ensemble["members"], ensemble["floor_members"])
    sizes = [own[0]] if fixed else _divisors(*counts)
    models = [own[1]] if "train_datamodels" in done else _divisors(datamodels["models"])
    plans = _Plans(jobs, needs, clock)
    candidates = []
    for size in sizes:
        for of_models in models:
            plan = plans.plan(size, of_models)
            longest = max((kind.seconds for kind in plan.jobs), default=0.0)
            if longest <= limit:
                candidates.append((makespan.bound(plan, machines), size, of_models, longest))
    best: list[Proposal] = []
    for least, size, of_models, longest in sorted(candidates):
        if best and least > AS_GOOD * min(known.seconds for known in best):
            break
        seconds = makespan.greedy(plans.plan(size, of_models), machines)
        best.append(Proposal(seconds, size, of_models, longest))
    mine = plans.plan(*own)
    longest = max((kind.seconds for kind in mine.jobs), default=0.0)
    current = Proposal(makespan.makespan(mine, machines), *own, longest)
    if not best:
        return current, None
    shortest = min(known.seconds for known in best)
    good = [known for known in best if known.seconds <= AS_GOOD * shortest]
    chosen = max(good, key=lambda known: _preference((known.chunk, known.models_chunk), own))
    seconds = makespan.makespan(plans.plan(chosen.chunk, chosen.models_chunk), machines)
    return current, Proposal(seconds, chosen.chunk, chosen.models_chunk, chosen.longest)


#: Rules of one job each that training or unlearning waits for.
BETWEEN = ("measure_strategies", "fit_datamodels", "import_datamodels", "find_components")

_FAMILY = ("forget_set", "method", "trajectory")


class _Plans:
    """Plans of the jobs to run, had the study other chunks."""

    def __init__(self, jobs: Sequence[Job], needs: Needs, clock: Clock) -> None:
        self.needs, self.clock = needs, clock
        run = [job for job in jobs if job.reason]
        self.members: Counter[tuple[str, str, str, str]] = Counter()
        for job in run:
            if job.rule in ON_MEMBERS:
                forget_set, method, trajectory = (
                    getattr(job.wildcards, key, "") for key in _FAMILY
                )
                family = (job.rule, forget_set, method, trajectory)
                self.members[family] += chunk_size(job.wildcards.chunk)
        self.between = sum(
            clock.seconds(job.rule, job.wildcards)[0] for job in run if job.rule in BETWEEN
        )
        self.parts: dict[int, Counter[Kind]] = {}
        self.of_models: dict[int, Counter[Kind]] = {}

    def plan(self, size: int, models_size: int) -> Plan:
        """Return the plan with chunks of these sizes."""
        if size not in self.parts:
            self.parts[size] = self._count(size, lambda rule: rule != "train_datamodels")
        if models_size not in self.of_models:
            self.of_models[models_size] = self._count(
                models_size, lambda rule: rule == "train_datamodels"
            )
        return Plan(self.parts[size] + self.of_models[models_size], self.between)

    def _count(self, size: int, wanted: Callable[[str], bool]) -> Counter[Kind]:
        found: Counter[Kind] = Counter()
        for (rule, forget_set, method, trajectory), members in self.members.items():
            if not wanted(rule):
                continue
            wildcards = Wildcards(
                chunk=f"0-{size - 1}", forget_set=forget_set, method=method, trajectory=trajectory
            )
            seconds = self.clock.seconds(rule, wildcards)[0]
            # Three digits: an estimate has no more, and jobs that are alike stay so.
            found[Kind(float(f"{seconds:.3g}"), *self._order(rule, forget_set))] += -(
                -members // size
            )
        return found

    def _order(self, rule: str, forget_set: str) -> tuple[str, frozenset[str]]:
        if rule.endswith("pretrained"):
            return PRETRAINED, frozenset()
        if rule == "train_datamodels":
            return COMPONENTS, frozenset()
        needs = {PRETRAINED} if rule == "unlearn" else set()
        if "component" in self.needs.config["forget_sets"][forget_set]:
            needs.add(COMPONENTS)
        return "", frozenset(needs)


def _preference(sizes: tuple[int, int], own: tuple[int, int]) -> tuple[tuple[bool, int], ...]:
    return tuple((size == mine, size) for size, mine in zip(sizes, own, strict=True))


def _divisors(*numbers: int) -> list[int]:
    return [
        size for size in range(1, min(numbers) + 1) if all(number % size == 0 for number in numbers)
    ]
