"""The figure of choices draws each rule's regret where its table has it."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.words import marks
from unlearning.answer.selection import RULES as CHOOSING
from unlearning.answer.selection_table import NOTHING
from unlearning.figures.selection import RULES, SPLITS, draw
from unlearning.figures.theme import applied

LABELS = {"1": "1: 10 random", "5": "5: top 50 of component 1"}
METHODS = ("ga", "gda")


def table():
    rng = np.random.default_rng(0)
    found = []
    for name in LABELS:
        for method in METHODS:
            for rule in (*CHOOSING, NOTHING):
                for split in ("forget", "retain", "validation", "average"):
                    regret = 0 if rule == "oracle" else rng.random()
                    found.append(
                        {
                            "forget_set": name, "method": method, "rule": rule, "split": split,
                            "n_members": 50, "runs": 9, "regret": regret,
                            "regret_low": regret - 0.3, "regret_high": regret + 0.4,
                            "spread_low": -0.2 if rule == "random" else np.nan,
                            "spread_high": 2.0 if rule == "random" else np.nan,
                        }
                    )  # fmt: skip
    return pd.DataFrame(found)


@pytest.fixture(scope="module")
def drawn():
    with applied():
        return draw(table(), labels=LABELS, study="digits")


def test_all_ways_of_choosing_but_the_oracles_have_a_mark():
    assert set(RULES) == {*CHOOSING, NOTHING} - {"oracle"}


def test_a_panel_is_a_method_and_a_split_and_draws_its_rows(drawn):
    figure, rows = drawn
    panels = {axes.get_label(): axes for axes in figure.axes if axes.get_label()}
    assert set(panels) == {f"{method}: {split}" for method in METHODS for split in SPLITS}
    assert set(rows["rule"]) == set(RULES) and set(rows["split"]) == set(SPLITS)
    for method in METHODS:
        here = rows[(rows["method"] == method) & (rows["split"] == "validation")]
        axes = panels[f"{method}: validation"]
        heights = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
        for column in ("regret", "regret_low", "regret_high"):
            for value in here[column]:
                assert np.isclose(heights, value).any()
        (first, second) = [bar for bar in axes.patches if bar.get_height() > 0]
        assert (first.get_y(), first.get_height()) == pytest.approx((-0.2, 2.2))
        assert first.get_x() < second.get_x()


def test_names_too_long_for_their_place_are_slanted(drawn):
    longer = {"1": "random100", "5": "a whole class"}
    renamed = table().assign(forget_set=lambda rows: rows["forget_set"].map(longer))
    with applied():
        figure, _ = draw(renamed, labels={name: name for name in longer.values()}, study="digits")
    for one, angle in ((figure, 30), (drawn[0], 0)):
        panels = [axes for axes in one.axes if axes.get_label()]
        assert {label.get_rotation() for label in panels[-1].get_xticklabels()} == {angle}


def test_a_table_without_a_rule_is_refused():
    lacking = table()
    with pytest.raises(ValueError, match=r"lacks the rule\(s\) loss"):
        draw(lacking[lacking["rule"] != "loss"], labels=LABELS, study="digits")


def test_who_is_told_the_answer_is_marked():
    assert marks(draw(table(), labels=LABELS, study="digits", told=["ga"])[0], "Gradient Ascent")
