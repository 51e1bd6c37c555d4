"""A script is looked for once a rule, and one that is not there is still missed."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest
import snakemake.api

from workflow.starting.scripts import look_once


class Processor:
    def __init__(self):
        self.looked = []

    def process_job(self, job):
        if job.rule.script == "missing.py":
            raise FileNotFoundError(job.rule.script)
        self.looked.append((job.name, job.rule.script))


def job(name, rule):
    return SimpleNamespace(name=name, rule=rule)


@pytest.fixture
def looking(monkeypatch):
    monkeypatch.setattr(Processor, "process_job", Processor.process_job)  # undone afterwards
    look_once(Processor)
    return Processor()


class Rule(NamedTuple):
    name: str
    script: str | None


def test_it_is_looked_at_once_a_rule(looking):
    unlearn, again = Rule("unlearn", "unlearn.py"), Rule("again", "unlearn.py")
    wild, none = Rule("draw", "draw_{figure}.py"), Rule("all", None)
    for number, rule in enumerate([unlearn, wild, unlearn, again, wild, unlearn, none]):
        looking.process_job(job(number, rule))
    assert [name for name, _ in looking.looked] == [0, 1, 3, 4, 6]


def test_one_that_is_not_there_is_missed_each_time(looking):
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            looking.process_job(job(1, Rule("broken", "missing.py")))


def test_snakemake_looks_by_that_name():
    assert callable(snakemake.dag.ScriptProcessor.process_job)
