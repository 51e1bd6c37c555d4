"""The end of a run says what has failed, why, and how to go on without it."""

from types import SimpleNamespace

import pytest

from unlearning.artifacts.files import save_record
from workflow.telling.failing import failures, not_finite, why_failed, without

BEGUN = "2026-01-01 10:00:00,000 begins\n"
TRACE = "Traceback (most recent call last):\n  File x\nMethodError: mine.py\n"


@pytest.fixture
def failed(tmp_path):
    """Make a job that has failed, of a method, with what its log says before how it came to it."""

    def make(method, said, trajectory="lr1"):
        path = tmp_path / f"{method}-{trajectory}.log"
        end = "" if said is None else f"2026-01-01 10:00:01,000 {said}\n{TRACE}"
        path.write_text(BEGUN + end)
        wildcards = {"forget_set": "2", "method": method, "chunk": "0-9", "trajectory": trajectory}
        rule = SimpleNamespace(name="unlearn")
        return SimpleNamespace(rule=rule, wildcards_dict=wildcards, log=[str(path)])

    return make


def test_each_reason_why_jobs_failed_is_told_once(failed):
    jobs = [failed("mine", text, str(number)) for number, text in enumerate(["a", "b", "a"])]
    assert failures(why_failed(jobs)) == "Failed: a\nFailed: b"
    assert failures(why_failed(jobs), most=1) == "Failed: a\nand 1 more"
    assert failures([]) == ""


def test_each_method_has_its_first_reason_before_the_further_ones_of_another(failed):
    jobs = [failed("mine", f"mine {number}", str(number)) for number in range(6)]
    said = failures(why_failed([*jobs, failed("yours", "yours 0")])).splitlines()
    assert said[:3] == ["Failed: mine 0", "Failed: yours 0", "Failed: mine 1"]
    assert said[-1] == "and 2 more"


def test_a_job_that_ended_without_a_word_is_named_with_its_log(failed):
    job = failed("mine", None)
    said = failures(why_failed([job]))
    assert said.startswith(
        "Failed: unlearn set 2 by mine, lr1, members 0-9: it ended without a word"
    )
    assert said.endswith(job.log[0])
    job.log = []
    assert why_failed([job])[0][1].endswith("killed for its memory")


def test_what_a_person_has_ended_is_no_failure(failed):
    killed, got_ctrl_c, broken = failed("a", None), failed("b", ""), failed("c", "no")
    assert why_failed([got_ctrl_c]) == []
    found = why_failed([killed, got_ctrl_c, broken], interrupted=True)
    assert found == [(broken, "no")]


def test_how_to_go_on_without_a_method_that_failed_is_said_where_others_are_left(failed):
    def whys(*methods):
        return [(failed(method, "no"), "no") for method in methods]

    study = {"run": {"methods": ["ga", "mine", "yours"]}, "leave_out": []}
    said = "To have the others without mine: --config leave_out=mine"
    assert without(whys("mine", "mine"), study) == said
    two = "To have the others without mine and yours: --config 'leave_out=[mine, yours]'"
    assert without(whys("yours", "mine"), study) == two
    more = {"run": {"methods": ["ga", "mine"]}, "leave_out": ["yours"]}
    assert without(whys("mine"), more).endswith("without mine: --config 'leave_out=[mine, yours]'")
    assert without(whys(), study) == without(whys("ga", "mine", "yours"), study) == ""
    other = SimpleNamespace(wildcards_dict={"chunk": "0-9"})
    assert without([(other, "no")], study) == "", "no method has failed"


def test_runs_whose_members_left_finite_numbers_are_told_at_the_end(tmp_path):
    jobs = []
    for number in range(7):
        path = str(tmp_path / f"{number}.json")
        facts = {"members": [0, 1, 2], "method": "mine", "trajectory": f"lr{number}"}
        facts |= {"not_finite": {"members": [1, 2], "epoch": 3}} if number else {}
        save_record(path, facts)
        output = SimpleNamespace(record=path)
        where = {"wildcards": SimpleNamespace(forget_set="1"), "output": output}
        jobs.append(SimpleNamespace(rule=SimpleNamespace(name="unlearn"), **where))
    said = "Not finite from epoch 3 on: 2 of 3 members, set 1 unlearned by mine, lr"
    assert not_finite(jobs[:1]) == ""
    assert not_finite(jobs[:3]) == f"{said}1\n{said}2"
    assert not_finite(jobs).splitlines()[-1] == "and 1 more"
    (tmp_path / "1.json").write_text("damaged")
    (tmp_path / "2.json").unlink()
    assert not_finite(jobs[:3]) == ""
