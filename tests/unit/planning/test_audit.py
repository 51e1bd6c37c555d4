"""Reasons, hours and the shortest time on G machines."""

from itertools import permutations

import numpy as np
import pytest
import yaml

from unlearning.planning import audit, makespan
from unlearning.planning.audit import Clock, Job, Measurement, Wildcards, why
from unlearning.planning.audit_page import page
from unlearning.planning.makespan import (
    COMPONENTS,
    PRETRAINED,
    Kind,
    Plan,
    bound,
    greedy,
    programme,
)
from unlearning.planning.proposals import propose
from unlearning.planning.resources import Needs
from unlearning.study.sources import ROOT

WAITS = [frozenset(), {PRETRAINED}, {COMPONENTS}, {PRETRAINED, COMPONENTS}]


def study(**ensemble):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["ensemble"] |= ensemble
    return Needs(config)


def because(**changes):
    return why(**{"missing": False, "changed": [], "config": False, **changes})


def test_reasons_in_one_word():
    assert because(missing=True, config=True, changed=[".snakemake/code/a/1"]) == "missing"
    assert because(config=True, changed=[".snakemake/code/a/1"]) == "config"
    assert because(changed=["data/labels.npy", ".snakemake/code/score_method/1"]) == "code"
    assert because(changed=["data/labels.npy"]) == "input"
    assert because() == "input"  # made again by another job
    assert because(code=True) == "code"
    assert because(recorded=["a.npy", ".snakemake/code/b/1"], current=["a.npy"]) == "code"
    assert (
        because(recorded=["a.npy", ".snakemake/code/b/1"], current=[".snakemake/code/b/1"])
        == "input"
    )


def brute_force(plan, machines):
    """Return the shortest time over all orders in which jobs may be placed."""
    jobs = [kind for kind, count in plan.jobs.items() for _ in range(count)]
    best = np.inf
    for order in set(permutations(jobs)):
        left = {name: sum(job.gives == name for job in jobs) for name in (PRETRAINED, COMPONENTS)}
        given = {PRETRAINED: 0.0, COMPONENTS: plan.between}
        free = [0.0] * machines
        for job in order:
            if any(left[name] for name in job.needs):
                break
            start = max((given[name] for name in job.needs), default=0.0)
            idle = [m for m in range(machines) if free[m] <= start]
            # The machine that waits least, so that others stay free for what is ready now.
            chosen = max(idle, key=free.__getitem__) if idle else int(np.argmin(free))
            free[chosen] = max(free[chosen], start) + job.seconds
            if job.gives:
                left[job.gives] -= 1
                after = plan.between if job.gives == COMPONENTS else 0.0
                given[job.gives] = max(given[job.gives], free[chosen] + after)
        else:
            best = min(best, max(free))
    return best


def test_three_equal_jobs_on_two_machines_take_twice_as_long_as_one():
    plan = Plan({Kind(5.0): 3})
    assert makespan.makespan(plan, 2) == 10
    assert makespan.makespan(plan, 3) == 5
    assert bound(plan, 2) == 7.5
    assert greedy(Plan({Kind(1.0): 2, Kind(2.0): 1}), 2) == 2  # the long one first
    assert greedy(Plan({Kind(1.0): 2, Kind(2.0): 1}), 10**15) == 2  # no list as long as that


def test_jobs_wait_for_what_they_need():
    unlearn = Kind(4.0, "", frozenset({PRETRAINED}))
    plan = Plan({Kind(3.0, PRETRAINED): 1, unlearn: 2})
    assert makespan.makespan(plan, 2) == 7
    late = Kind(1.0, "", frozenset({COMPONENTS}))
    plan = Plan({Kind(2.0, COMPONENTS): 2, late: 1, Kind(6.0): 1}, between=3.0)
    assert makespan.makespan(plan, 2) == 8  # 2 + 2, 3 of waiting, 1; meanwhile 6
    assert makespan.makespan(plan, 1) == 11  # the long job fills the wait


def test_the_linear_programme_finds_what_trying_all_orders_finds():
    rng = np.random.default_rng(3)
    improved = 0
    for _ in range(25):
        jobs: dict[Kind, int] = {}
        for _ in range(6):
            gives, needs = "", frozenset()
            if rng.random() < 0.4:
                gives = (PRETRAINED, COMPONENTS)[rng.integers(2)]
            else:
                needs = frozenset(WAITS[rng.integers(4)])
            kind = Kind(float(rng.integers(1, 7)), gives, needs)
            jobs[kind] = jobs.get(kind, 0) + 1
        plan, machines = Plan(jobs, float(rng.integers(3))), int(rng.integers(1, 4))
        shortest = brute_force(plan, machines)
        found = min(programme(plan, machines, name) for name in (PRETRAINED, COMPONENTS))
        assert found == pytest.approx(shortest)
        assert bound(plan, machines) <= shortest + 1e-9
        assert greedy(plan, machines) >= shortest - 1e-9
        assert makespan.makespan(plan, machines) <= (1 + makespan.CLOSE) * shortest
        improved += greedy(plan, machines) > shortest + 1e-9
    assert improved  # some case needs the programme


def everything(needs, reason="missing"):
    """Return the training jobs of a study with one random and one component set."""
    chunks = [f"{first}-{first + 9}" for first in range(0, 20, 10)]
    jobs = [Job("train_pretrained", Wildcards(chunk=chunk), reason) for chunk in chunks]
    jobs += [Job("train_datamodels", Wildcards(chunk="0-249"), reason)]
    for forget_set in ("1", "4"):
        for chunk in chunks:
            jobs.append(Job("train_oracle", Wildcards(chunk=chunk, forget_set=forget_set), reason))
            names = {"method": "ga", "trajectory": "lr0.1"}
            wildcards = Wildcards(chunk=chunk, forget_set=forget_set, **names)
            jobs.append(Job("unlearn", wildcards, reason))
    return [*jobs, Job("fit_datamodels", Wildcards(), reason)]


STAGES = ["train_datamodels", "fit_datamodels", "train_pretrained", "train_oracle", "unlearn"]


def test_the_table_counts_jobs_and_members():
    needs = study(members=20, floor_members=20, chunk=10)
    jobs = everything(needs)
    jobs[0] = Job("train_pretrained", jobs[0].wildcards)
    jobs[3] = Job("train_oracle", jobs[3].wildcards, "code")
    rows = {row["stage"]: row for row in audit.table(jobs, needs, Clock(needs, []), STAGES)}
    pretrained = rows["train_pretrained"]
    assert (pretrained["done"], pretrained["to_run"], pretrained["members"]) == (1, 1, 10)
    assert pretrained["sample_gradients"] == 10 * 24 * 1347
    assert (rows["train_oracle"]["missing"], rows["train_oracle"]["code"]) == (3, 1)
    assert rows["unlearn"]["sample_gradients"] == 4 * 10 * 10 * 10
    assert rows["unlearn"]["gpu_hours"] > 0
    assert rows["fit_datamodels"]["gpu_hours"] == 0
    assert tuple(pretrained) == audit.COLUMNS
    assert [row["stage"] for row in rows.values()] == STAGES


def test_measured_jobs_replace_the_model_and_scale_what_was_not_measured():
    needs = study()
    oracle = Wildcards(chunk="0-9", forget_set="1")
    model = needs.job_seconds("train_oracle", oracle, "gpu")
    clock = Clock(needs, [Measurement("train_oracle", oracle, 3 * model, "gpu")])
    other = Wildcards(chunk="0-99", forget_set="4")
    expected = 3 * needs.job_seconds("train_oracle", other, "gpu")
    assert clock.seconds("train_oracle", other) == (pytest.approx(expected), audit.MEASURED)
    pretrained = Wildcards(chunk="0-9")
    expected = 3 * needs.job_seconds("train_pretrained", pretrained, "gpu")
    assert clock.seconds("train_pretrained", pretrained) == (pytest.approx(expected), audit.SCALED)
    assert clock.seconds("fit_datamodels", Wildcards())[1] == audit.MODEL
    assert Clock(needs, []).seconds("train_oracle", oracle) == (model, audit.MODEL)
    on_cpu = Clock(needs, [Measurement("train_oracle", oracle, 9.0, "cpu")])
    assert on_cpu.device == "cpu"
    assert on_cpu.seconds("train_oracle", oracle)[0] == pytest.approx(9.0)


def test_smaller_chunks_are_proposed_where_they_save_time():
    needs = study(members=100, floor_members=100, chunk=100)
    needs.config["datamodels"]["models"] = 1000
    needs.config["training"]["epochs"] = 2400  # so that steps take longer than a job's start
    jobs = [Job("train_pretrained", Wildcards(chunk="0-99"), "missing")]
    clock = Clock(needs, [])
    own, best = propose(jobs, needs, clock, 4, 3600)
    assert own.chunk == 100
    assert best is not None
    assert best.chunk == 25  # a stack each
    assert best.seconds < own.seconds
    done = [*jobs, Job("train_oracle", Wildcards(chunk="0-99", forget_set="1"))]
    assert propose(done, needs, clock, 4, 3600)[1].chunk == 100  # what is done stays


def test_jobs_above_the_limit_are_said_to_be():
    needs = study(members=20, floor_members=20, chunk=10)
    jobs, clock = everything(needs), Clock(needs, [])
    proposals = propose(jobs, needs, clock, 2, 1.0)
    assert proposals[1] is None
    rows = audit.table(jobs, needs, clock, STAGES)
    text = page("small", "all", rows, clock, proposals, 2, 1 / 3600, 1e12)
    assert "ABOVE THE LIMIT" in text
    assert "allow more hours" in text
    lines = text.splitlines()[2 : 3 + len(STAGES)]
    ends = {line.index("missing") + len("missing") for line in lines if "missing" in line}
    assert len(ends) == 1
    assert all(line[ends.copy().pop() - 1] in "1234567890" for line in lines[1:])
    assert "NOT ENOUGH" in page("small", "all", rows, clock, proposals, 2, 1.0, 1e3)
