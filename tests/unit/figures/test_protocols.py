"""Published and corrected runs stand in their rows, hollow where they cannot be told from none."""

import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from tests.helpers.controlled import NOTHING, scored
from tests.helpers.words import marks
from unlearning.answer.controls import compare_protocols, compare_with_nothing
from unlearning.figures import protocols
from unlearning.figures.plane import CAP


@pytest.fixture(scope="module")
def tables():
    found = scored()
    return compare_protocols(found), compare_with_nothing(found)


def draw(tables):
    return protocols.draw(*tables, labels={"1": "1: 10 random"}, study="toy")


ROWS = [
    "lr 0.1, corrected",
    "lr 0.1, momentum 0.9, decay 0.0005",
    "lr 0.1, student frozen",
    "lr 0.1, student frozen, index order",
    "lr 0.1, student frozen, index order, first 50",
]


def test_every_run_beside_a_corrected_one_has_its_row(tables):
    figure, drawn = draw(tables)
    assert list(dict.fromkeys(drawn["row"])) == ROWS
    panels = {axes.get_label(): axes for axes in figure.axes}
    for name, own in drawn.groupby("forget_set"):
        axes = panels[f"scrub, forget set {name}"]
        points = [
            (tuple(place), tuple(face))
            for marks in axes.collections
            if isinstance(marks, PathCollection)
            for place in marks.get_offsets()
            for face in marks.get_facecolors()[:1]
        ]
        assert len(points) == len(own) == 3 * (4 + (name == "2"))
        for run in own.to_dict("records"):
            place = ROWS.index(run["row"]) + protocols.SHIFT[run["split"]]
            [face] = [
                face
                for (x, y), face in points
                if x == pytest.approx(run["x"]) and y == pytest.approx(place)
            ]
            expected = protocols.COLOURS[run["split"]] if run["told"] else "white"
            assert face == pytest.approx(to_rgba(expected))
        shaded = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        published = {row for row in own.loc[own["published"], "row"]}
        assert {ROWS[round(patch.get_y() + 0.5)] for patch in shaded} == published


def test_published_is_what_the_study_has_most_of(tables):
    _, drawn = draw(tables)
    whole = drawn[drawn["published"]].groupby("forget_set")["row"].unique().map(list).to_dict()
    assert whole == {"1": [ROWS[3]], "2": [ROWS[4]]}
    assert drawn["x"].max() <= CAP
    nothing = drawn.drop_duplicates("split").set_index("split")["x_nothing"].to_dict()
    assert nothing == pytest.approx(NOTHING)


def test_there_must_be_a_run_to_compare(tables):
    with pytest.raises(ValueError, match="no run as published stands beside"):
        draw((tables[0].iloc[:0], tables[1]))


def test_who_is_told_the_answer_is_marked(tables):
    assert marks(protocols.draw(*tables, labels={}, study="toy", told=["scrub"])[0], "SCRUB")
