"""The least time in which G machines do the jobs of a study that wait for one another.

The order of a study: pretrained members before what is unlearned from them; models on random
subsets, then (without a GPU) datamodels and components, before everything about forget sets that
are cut from the components.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from heapq import heapreplace
from math import inf
from typing import Any, NamedTuple

#: What jobs wait for.
PRETRAINED, COMPONENTS = "pretrained", "components"

#: A greedy schedule this near to the bound is good enough.
CLOSE = 0.01
#: The largest linear programme that is tried, in variables, and the seconds that each is given.
PROGRAMME_SIZE, PROGRAMME_SECONDS = 400, 2


class Kind(NamedTuple):
    """Jobs alike: of one length, waiting for the same, waited for by the same."""

    seconds: float
    gives: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """Jobs to run.

    Attributes
    ----------
    jobs : number of jobs of each kind
    between : seconds from the last of the models to the components, on no machine
    """

    jobs: Mapping[Kind, int]
    between: float = 0.0

    def work(self, kinds: Collection[Kind]) -> float:
        """Return the seconds of all jobs of some kinds."""
        return sum(kind.seconds * self.jobs[kind] for kind in kinds)

    def giving(self, name: str) -> list[Kind]:
        """Return the kinds that others wait for."""
        return [kind for kind in self.jobs if kind.gives == name]

    def needing(self, name: str) -> list[Kind]:
        """Return the kinds that wait for something."""
        return [kind for kind in self.jobs if name in kind.needs]


def bound(plan: Plan, machines: int) -> float:
    """Return seconds that no schedule can beat: work evenly spread, and chains of jobs."""

    def least(kinds: Collection[Kind]) -> float:
        return max(plan.work(kinds) / machines, max((kind.seconds for kind in kinds), default=0.0))

    chains = [least(list(plan.jobs))]
    for name, between in ((PRETRAINED, 0.0), (COMPONENTS, plan.between)):
        if waiting := plan.needing(name):
            chains.append(least(plan.giving(name)) + between + least(waiting))
    return max(chains)


def greedy(plan: Plan, machines: int) -> float:
    """Return the seconds of a good schedule: what others wait for first, then long jobs first."""
    waiting: dict[tuple[bool, frozenset[str]], list[Kind]] = {}
    for kind in sorted(plan.jobs, key=lambda kind: kind.seconds):
        waiting.setdefault((not kind.gives, kind.needs), []).append(kind)
    left = dict(plan.jobs)
    unplaced = {
        name: sum(plan.jobs[kind] for kind in plan.giving(name))
        for name in (PRETRAINED, COMPONENTS)
    }
    given = {PRETRAINED: 0.0, COMPONENTS: plan.between}
    delay = {"": 0.0, PRETRAINED: 0.0, COMPONENTS: plan.between}
    # One machine a job is enough, whatever number of them is asked for.
    free, end = [0.0] * min(machines, sum(left.values())), 0.0

    def ready(needs: frozenset[str]) -> float:
        return max((inf if unplaced[name] else given[name] for name in needs), default=0.0)

    while waiting:
        moments = {group: ready(group[1]) for group in waiting}
        open_groups = [group for group, moment in moments.items() if moment <= free[0]]
        if not open_groups:
            heapreplace(free, min(moments.values()))
            continue
        group = min(open_groups, key=lambda group: (group[0], -waiting[group][-1].seconds))
        kind = waiting[group][-1]
        stop = free[0] + kind.seconds
        heapreplace(free, stop)
        end = max(end, stop)
        if kind.gives:
            unplaced[kind.gives] -= 1
            given[kind.gives] = max(given[kind.gives], stop + delay[kind.gives])
        left[kind] -= 1
        if not left[kind]:
            waiting[group].pop()
            if not waiting[group]:
                del waiting[group]
    return end


def programme(plan: Plan, machines: int, first: str) -> float:
    """Return the seconds of the best schedule of one form, found by PuLP.

    The variables are how many jobs of each kind each machine gets. A machine begins with what
    others wait for, `first` before the rest, and goes on in the order in which jobs may start; its
    time is then the longest of release plus work from there on, which is linear.

    Parameters
    ----------
    plan : the jobs
    machines : G
    first : `PRETRAINED` or `COMPONENTS`, whichever is to be there first

    Returns
    -------
    float
        Infinite if nothing is found in `PROGRAMME_SECONDS`, or PuLP came without its solver.
    """
    import pulp

    problem = pulp.LpProblem("makespan", pulp.LpMinimize)
    end = problem.add_variable("end", 0)
    problem += end
    kinds = list(plan.jobs)
    given = {name: problem.add_variable(name, 0) for name in (PRETRAINED, COMPONENTS)}
    then = COMPONENTS if first == PRETRAINED else PRETRAINED
    delay = {PRETRAINED: 0.0, COMPONENTS: plan.between}
    shares = [
        [problem.add_variable(f"n_{k}_{m}", 0, count, cat="Integer") for m in range(machines)]
        for k, count in enumerate(plan.jobs.values())
    ]
    for row, count in zip(shares, plan.jobs.values(), strict=True):
        problem += pulp.lpSum(row) == count
    for machine in range(machines):

        def load(wanted: Collection[Kind], machine: int = machine) -> Any:
            return pulp.lpSum(
                kind.seconds * row[machine]
                for kind, row in zip(kinds, shares, strict=True)
                if kind in wanted
            )

        early, late = plan.giving(first), plan.needing(then)
        problem += given[first] >= load(early) + delay[first]
        problem += given[then] >= load([*early, *plan.giving(then)]) + delay[then]
        problem += end >= load(kinds)
        waiting = [kind for kind in kinds if kind.needs]
        if waiting:
            problem += end >= given[first] + load(waiting)
        if late:
            problem += end >= given[then] + load(late)
    solver = pulp.COIN_CMD(
        path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, timeLimit=PROGRAMME_SECONDS, threads=1
    )
    if not solver.available():
        return inf
    problem.solve(solver)
    return float(pulp.value(end)) if problem.sol_status in (1, 2) else inf


def makespan(plan: Plan, machines: int) -> float:
    """Return the seconds of the best schedule found.

    Many short jobs are settled by `greedy` and `bound`, which nearly meet. Where a single job
    weighs much, the linear programme looks for a better schedule.
    """
    best, least = greedy(plan, machines), bound(plan, machines)
    if best > (1 + CLOSE) * least and machines * len(plan.jobs) <= PROGRAMME_SIZE:
        best = min(best, *(programme(plan, machines, name) for name in (PRETRAINED, COMPONENTS)))
    return best
