"""Runs, fronts and ranks are drawn where the tables say; who is told and whose it is, is marked."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from tests.helpers.leagues import computed
from tests.helpers.words import words
from unlearning.figures.league import RULES, draw
from unlearning.figures.league_names import entry_name
from unlearning.league.front import with_front
from unlearning.league.ranks import standings

matplotlib.use("Agg")
LABELS = {"1": "1: 10 random", "2": "2: 50 random"}


def tables(told=(), theirs=()):
    chosen, runs = computed(tuple(told))
    table = standings(chosen, forget_sets=["1", "2"], chains=["1", "2"], seed=0)
    of_methods, ranked = runs[~runs["baseline"]], table[~table["baseline"]]
    for source in theirs:
        runs = pd.concat([runs, of_methods.assign(source=source)], ignore_index=True)
        table = pd.concat([table, ranked.assign(source=source)], ignore_index=True)
    return with_front(runs), table


def drawn(told=(), theirs=()):
    return draw(*tables(told, theirs), labels=LABELS, study="digits", members=50)


@pytest.fixture(scope="module")
def plain():
    return drawn()


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def offsets(axes, gid):
    found = [each.get_offsets() for each in axes.collections if each.get_gid() == gid]
    return np.sort(np.asarray(np.concatenate(found), float), axis=0)


def test_each_run_is_at_its_cost_and_excess(plain):
    figure, rows = plain
    axes = panel(figure, "forget set 1")
    here = rows[(rows["panel"] == "forget set 1") & (rows["method"] == "good")]
    assert offsets(axes, "this study: good") == pytest.approx(
        np.sort(here[["x", "y"]].to_numpy(float), axis=0)
    )
    assert offsets(axes, "oracle_floor").tolist() == [[1.0, 0.0]]
    assert offsets(axes, "pretrained") == pytest.approx(np.array([[0.0, 8.0]]))


def test_the_line_is_the_front(plain):
    figure, _ = plain
    line = next(
        each for each in panel(figure, "forget set 2").lines
        if each.get_drawstyle() == "steps-post"
    )  # fmt: skip
    assert line.get_xdata().tolist() == [0.0, 0.1, 0.4, 1.0]
    assert line.get_ydata().tolist() == pytest.approx([8.0, 1.0, 0.5, 0.0])


def test_ranks_are_drawn_for_each_budget_and_rule_with_their_intervals(plain):
    figure, rows = plain
    ranks = rows[rows["panel"].str.startswith("ranks")]
    assert set(ranks["rule"]) == set(RULES) and set(ranks["budget"]) == {0.2, 0.5}
    axes = panel(figure, "ranks within 0.2")  # the first; all have the same names
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["good", "retraining stopped early", "doing nothing", "poor"]
    assert (ranks["x_low"] <= ranks["x"]).all() and (ranks["x"] <= ranks["x_high"]).all()


def legend(figure):
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def test_who_is_told_and_whose_it_is_stand_in_legend_and_footnote(plain):
    assert {"good", "poor", "Pareto front"} <= set(legend(plain[0]))
    figure, rows = drawn(told=["poor"], theirs=["digits, theirs.json"])
    assert {"good", "good‡", "poor†", "poor†‡"} <= set(legend(figure))
    note = " ".join(text.get_text() for text in figure.texts)
    assert "† is told the answer" in note and "‡ digits, theirs.json" in note
    labels = [text.get_text() for text in panel(figure, "ranks within 0.2").get_yticklabels()]
    assert "poor†" in labels
    assert rows.loc[rows["method"] == "poor", "told"].all()


def test_names_carry_their_marks():
    assert entry_name("ga", "", False) == "Gradient Ascent"
    assert entry_name("mine", "‡", True) == "mine†‡"


def test_two_other_groups_are_told_apart():
    figure, rows = drawn(theirs=["a, a.json", "b, b.json"])
    assert {"good", "good‡1", "good‡2"} <= set(legend(figure))
    labels = [text.get_text() for text in panel(figure, "ranks within 0.2").get_yticklabels()]
    assert len(labels) == len(set(labels)) == 2 + 3 * 2
    assert "‡1 a, a.json" in words(figure) and "‡2 b, b.json" in words(figure)


def test_what_methods_are_given_stands_in_the_footnote():
    runs, table = tables(told=["poor"])
    options = {"labels": LABELS, "study": "digits", "members": 50}
    assert "costs leave out" not in words(draw(runs, table, **options)[0])
    given = table.assign(given_cost=table["given_cost"].where(table["method"] != "poor", 520.4))
    noted = "costs leave out what is given, in retrainings: poor† 520"
    assert noted in words(draw(runs, given, **options)[0])


def test_a_table_without_a_column_is_named():
    runs, table = tables()
    with pytest.raises(ValueError, match="runs of the league lacks the column"):
        draw(runs.drop(columns="front"), table, labels=LABELS, study="digits", members=50)
