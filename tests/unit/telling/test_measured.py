"""What jobs have taken is read from the files that they left; damaged ones are passed over."""

import re
from types import SimpleNamespace

import pytest

from tests.helpers.configs import CONFIG
from unlearning.planning.resources import Needs
from workflow.telling.measured import just_taken, measurements


class Log(str):
    """A log of a rule of Snakemake."""

    def match(self, path):
        return re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self), path)


ORACLE = SimpleNamespace(
    name="train_oracle", log=[Log("logs/{study}/oracle/{forget_set}/{chunk}.log")]
)
TARGET = SimpleNamespace(name="all", log=[])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for forget_set in "123456789":
        path = tmp_path / "benchmarks" / "digits" / "oracle" / forget_set / "0-99.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(f"s\tmax_rss\tcpu_time\n{forget_set}.5\t400\t1\n")
    return tmp_path / "benchmarks" / "digits" / "oracle"


def taken(**options):
    return list(measurements([TARGET, ORACLE], Needs(CONFIG), "digits", **options))


def test_each_job_has_its_seconds_and_wildcards(folder):
    found = {one.wildcards.forget_set: one.seconds for one in taken()}
    assert found == {name: float(name) + 0.5 for name in "123456789"}
    assert {(one.rule, one.device) for one in taken()} == {("train_oracle", "cpu")}


def test_as_many_as_are_asked_for_and_the_same_each_time(folder):
    first, again = (
        [one.wildcards.forget_set for one in each] for each in (taken(most=4), taken(most=4))
    )
    assert len(first) == 4 and first == again


@pytest.mark.parametrize("content", ["", "s\n", "s\nmuch\n", "x\n1\n", "s\n0\n"])
def test_what_holds_no_time_is_passed_over(folder, content):
    (folder / "3" / "0-99.tsv").write_text(content)
    assert {one.wildcards.forget_set for one in taken()} == set("12456789")


def test_a_job_that_the_study_no_longer_has_is_passed_over(folder):
    (folder / "3").rename(folder / "of_other_days")
    assert len(taken()) == 8


def test_what_a_job_has_just_taken_is_not_what_one_took_before(folder):
    log = ["logs/digits/oracle/1/0-99.log"]
    job = SimpleNamespace(rule=ORACLE, wildcards=SimpleNamespace(), log=log)
    written = (folder / "1" / "0-99.tsv").stat().st_mtime
    assert just_taken(job, written - 1).seconds == 1.5
    assert just_taken(job, written + 1) is None
    assert just_taken(SimpleNamespace(log=[]), 0) is None
    job.log = ["logs/digits/oracle/none/0-99.log"]
    assert just_taken(job, 0) is None
