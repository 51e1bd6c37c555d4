"""The end of a run says what is new, changed or as it was, and what to open first."""

import subprocess
from types import SimpleNamespace

import pytest

from workflow.telling.ending import compared, digest, first, looked_at, summary


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


def test_what_a_report_shows_of_a_page_is_not_looked_at():
    page = ["results/s/league.html", "results/s/league/report.html"]
    assert looked_at([SimpleNamespace(output=page, input=[])]) == page[:1]
