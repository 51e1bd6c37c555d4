"""The end of a run says what is new, changed or as it was, and what to open first."""

import subprocess
from types import SimpleNamespace

import pytest

from unlearning.artifacts.files import save_record
from workflow.telling.ending import (
    compared,
    digest,
    failures,
    first,
    looked_at,
    not_finite,
    summary,
    without,
)


def test_files_that_people_open_are_those_of_the_targets():
    figure = SimpleNamespace(output=["results/s/figures/fig5.png", "results/s/figures/fig5.pdf"])
    every = SimpleNamespace(output=[], input=["results/s/scores.csv", "results/s/1.npy"])
    assert looked_at([figure, every, every]) == [
        "results/s/figures/fig5.png",
        "results/s/scores.csv",
    ]


def test_a_file_is_new_or_changed_or_as_before(tmp_path):
    names = ["new.png", "changed.png", "same.png", "kept.png", "lost.png"]
    paths = dict(zip(names, (str(tmp_path / name) for name in names), strict=True))
    for name in names[1:]:
        (tmp_path / name).write_text("old")
    before = {path: digest(path) for path in paths.values()}
    assert before[paths["new.png"]] == ""
    for name, text in [("new.png", "a"), ("changed.png", "b"), ("same.png", "old")]:
        (tmp_path / name).write_text(text)
    (tmp_path / "lost.png").unlink()
    found = compared(before, set(paths.values()) - {paths["kept.png"]})
    assert found == {
        "new": [paths["new.png"]],
        "changed": [paths["changed.png"]],
        "as before": [paths["same.png"]],
    }


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/fig1.png", "a/fig5.png", "a/explore.html"], "a/explore.html"),
        (["a/scores.csv", "a/stability.png"], "a/stability.png"),
        (["a/fig1.csv", "a/fig1.png"], "a/fig1.png"),
        (["a/x.png", "a/y.html"], "a/y.html"),
    ],
)
def test_what_says_most_comes_first(names, expected):
    assert first(names) == expected


def test_the_end_fits_into_a_terminal_and_says_nothing_of_nothing():
    figures = [f"results/digits/figures/fig{number}.png" for number in range(20)]
    found = {"new": figures, "changed": [], "as before": ["results/digits/scores.csv"]}
    lines = summary(found).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1] == "Look first at results/digits/figures/fig5.png"
    assert lines[-2] == "as before: results/digits/scores.csv"
    paths = [line.removeprefix("new:").strip() for line in lines[:-2]]
    command = f"printf '%s ' {' '.join(paths)}"
    expanded = subprocess.check_output(["bash", "-c", command], text=True)
    assert expanded.split() == figures, "what is copied is whole"
    same = {"new": [], "changed": [], "as before": figures}
    assert "Look first" not in summary(same)
    assert summary({"new": [], "changed": [], "as before": []}) == ""


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


def test_each_reason_why_jobs_failed_is_told_once_at_the_end(tmp_path):
    jobs = []
    for number, why in enumerate(["a", "b", "a", "c"]):
        path = tmp_path / f"{number}.log"
        path.write_text(
            f"2026-01-01 10:00:00,000 begins\n2026-01-01 10:00:01,000 mine.py, line 3: {why}\n"
            "Traceback (most recent call last):\n  File x\nMethodError: mine.py\n"
        )
        jobs.append(SimpleNamespace(log=[str(path)]))
    (tmp_path / "3.log").write_text("2026-01-01 10:00:00,000 killed on its way\n")
    interrupted = tmp_path / "interrupted.log"
    interrupted.write_text("2026-01-01 10:00:00,000 \nTraceback (most recent call last):\n")
    assert failures([SimpleNamespace(log=[str(interrupted)])]) == ""
    jobs += [SimpleNamespace(log=[]), SimpleNamespace(log=[str(tmp_path / "none.log")])]
    both = "Failed: mine.py, line 3: a\nFailed: mine.py, line 3: b"
    assert failures(jobs) == both
    assert failures(jobs, most=1).splitlines()[1] == "and 1 more"
    assert failures(jobs[3:]) == ""


def test_how_to_go_on_without_a_method_that_failed_is_said_where_others_are_left(tmp_path):
    log = tmp_path / "job.log"
    log.write_text("2026-01-01 10:00:00,000 mine.py, line 3: no\nTraceback (most recent ...):\n")

    def jobs(*names):
        wildcards = [{"method": name} for name in names] + [{"chunk": "0-9"}]
        return [SimpleNamespace(wildcards_dict=each, log=[str(log)]) for each in wildcards]

    study = {"run": {"methods": ["ga", "mine", "yours"]}, "leave_out": []}
    said = "To have the others without mine: --config leave_out=mine"
    assert without(jobs("mine", "mine"), study) == said
    two = "To have the others without mine and yours: --config 'leave_out=[mine, yours]'"
    assert without(jobs("yours", "mine"), study) == two
    more = {"run": {"methods": ["ga", "mine"]}, "leave_out": ["yours"]}
    assert without(jobs("mine"), more).endswith("without mine: --config 'leave_out=[mine, yours]'")
    assert without(jobs(), study) == without(jobs("ga", "mine", "yours"), study) == ""
    log.write_text("2026-01-01 10:00:00,000 \nTraceback (most recent call last):\n")
    assert without(jobs("mine"), study) == "", "it was interrupted"


def test_what_a_report_shows_of_a_page_is_not_looked_at():
    page = ["results/s/league.html", "results/s/league/report.html"]
    assert looked_at([SimpleNamespace(output=page, input=[])]) == page[:1]
