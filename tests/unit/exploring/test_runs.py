"""The runs of the page are those of Figure 6."""

import pytest

from tests.helpers.exploring import METHODS, SETS, study
from unlearning.exploring import runs
from unlearning.figures import plane


@pytest.fixture(scope="module")
def scores():
    return study()[0]


def test_marks_and_places_are_those_of_the_figure(scores):
    table = runs.shown_runs(scores, list(SETS))
    for name in SETS:
        for method in METHODS:
            chosen = plane.select(plane.runs(scores), method, name)
            figure = plane.coordinates(chosen, "validation", "")
            here = table[(table["forget_set"] == name)]
            here = here[here["method"].isin([method, *plane.BASELINES])]
            key = ["mark", "method", "setting", "epoch"]
            ours = here.sort_values(key)[[*key, "forget", "validation"]].to_numpy()
            theirs = figure.sort_values(key)[[*key, "x", "y"]].to_numpy()
            assert ours.tolist() == theirs.tolist()


def test_forget_sets_stand_in_their_order_and_what_is_on_top_is_last(scores):
    table = runs.shown_runs(scores, list(SETS))
    assert list(dict.fromkeys(table["forget_set"])) == list(SETS)
    assert table.groupby("forget_set")["mark"].last().tolist() == ["oracle"] * 2
    assert (table["mark"] == "diverged").sum() == 2


def test_extra_epochs_are_left_out(scores):
    extra = scores.assign(in_grid=scores["epoch"] != 2)
    table = runs.shown_runs(extra, list(SETS))
    assert 2 not in set(table["epoch"]) and {1, 4} <= set(table["epoch"])


def test_columns_are_whole_and_null_where_empty(scores):
    table = runs.shown_runs(scores, list(SETS))
    found = runs.columns(table)
    lost = found["mark"].index("diverged")
    assert found["forget_low"][lost] is None and found["forget"][lost] == pytest.approx(
        plane.CAP, 1e-4
    )
    assert {len(column) for column in found.values()} == {len(table)}
    assert found["retain"] == table["retain"].tolist()
    assert runs.floors(table)["2'"] == dict.fromkeys(("forget", "retain", "validation"), 0.7)


def test_the_scale_of_the_cost_is_the_figures(scores):
    table = runs.shown_runs(scores, list(SETS))
    assert runs.cost_scale(table)["type"] == "linear"
    wide = table.assign(relative_cost=table["relative_cost"].where(table["epoch"] != 1, 1e-4))
    assert runs.cost_scale(wide) == {
        "type": "log",
        "domain": [1e-4, pytest.approx(6 / 9)],
        "clamp": True,
    }
