"""Every part of every cell is in its place, with its number, bold where the interval decides."""

import numpy as np
import pytest
from matplotlib.text import Text

from tests.helpers.controlled import rows, scored
from tests.helpers.words import marks
from unlearning.answer.controls import decompose
from unlearning.figures import controls
from unlearning.scoring.rows import SPLITS


@pytest.fixture(scope="module")
def parts():
    return decompose(scored())


def draw(parts):
    return controls.draw(parts, labels={"1": "1: 10 random"}, study="toy")


def numbers(axes):
    """Return what stands in the cells, without headings and learning rates."""
    return [text for text in axes.texts if type(text) is Text and "lr" not in text.get_text()]


def test_every_cell_is_drawn_with_its_number(parts):
    figure, drawn = draw(parts)
    assert set(drawn["part"]) == {"drift", "ascent on drift", "ascent alone"}
    panels = {axes.get_label(): axes for axes in figure.axes}
    for part, own in drawn.groupby("part"):
        axes = panels[f"ga, {part}"]
        [mesh] = axes.collections[:1]
        assert mesh.get_array().size == len(own)
        texts = {text.get_position(): text for text in numbers(axes)}
        assert len(texts) == len(own)
        runs = (
            own[["learning_rate", "epoch"]]
            .drop_duplicates()
            .sort_values(["learning_rate", "epoch"])
        )
        columns = {tuple(run): x for x, run in enumerate(runs.to_numpy())}
        for cell in own.to_dict("records"):
            x = columns[cell["learning_rate"], cell["epoch"]]
            y = 3 * ["1", "2"].index(cell["forget_set"]) + SPLITS.index(cell["split"])
            text = texts[x + 0.5, y + 0.5]
            assert float(text.get_text()) == pytest.approx(cell["difference"], abs=0.06)
            assert (text.get_fontweight() == "bold") == cell["decided"]
            assert mesh.get_array().reshape(6, -1)[y, x] == pytest.approx(cell["difference"])


def test_colours_are_one_scale_with_nothing_at_its_middle(parts):
    figure, drawn = draw(parts)
    limits = {axes.collections[0].get_clim() for axes in figure.axes if "ga" in axes.get_label()}
    [(low, high)] = limits
    assert low == -high and high >= drawn["difference"].abs().max()


def test_of_many_runs_only_the_undecided_are_marked():
    many = [
        {
            **row,
            "learning_rate": row["learning_rate"] + shift,
            "setting": f"{row['setting']}{shift}",
        }
        if row["method"] == "ga" and row["learning_rate"]
        else row
        for shift in np.arange(8)
        for row in rows()
        if shift == 0 or (row["method"] == "ga" and row["learning_rate"])
    ]
    figure, drawn = draw(decompose(scored(many)))
    [axes] = [axes for axes in figure.axes if axes.get_label() == "ga, ascent alone"]
    marks = [text.get_text() for text in numbers(axes)]
    alone = drawn[drawn["part"] == "ascent alone"]
    assert marks.count("·") == (~alone["decided"]).sum() > 0
    assert marks.count("") == alone["decided"].sum() > 0


def test_cells_of_members_that_diverged_have_a_cross_and_no_colour():
    lost = [row | ({"n_nonfinite": 7} if row["setting"] == "lr0.2" else {}) for row in rows()]
    figure, drawn = draw(decompose(scored(lost)))
    [axes] = [axes for axes in figure.axes if axes.get_label() == "ga, ascent on drift"]
    crosses = [text for text in numbers(axes) if text.get_text() == controls.CROSS]
    assert len(crosses) == drawn["diverged"].sum() == 12
    assert axes.collections[0].get_array().mask.sum() == 12
    assert not (drawn["diverged"] & drawn["decided"]).any()


def test_cells_of_which_next_to_nothing_is_known_are_marked(parts):
    assert not draw(parts)[1]["wide"].any()
    parts = parts.assign(high=parts["high"].where(parts["part"] != "drift", parts["low"] + 5))
    figure, drawn = draw(parts)
    marked = [text for axes in figure.axes for text in axes.texts if text.get_text()[-1] == "?"]
    assert len(marked) == drawn["wide"].sum() == (drawn["part"] == "drift").sum()


def test_there_must_be_something_to_draw(parts):
    with pytest.raises(ValueError, match="no run has both of its controls"):
        draw(parts.iloc[:0])
    with pytest.raises(ValueError, match="lacks the column.*low"):
        draw(parts.drop(columns="low"))


def test_who_is_told_the_answer_is_marked(parts):
    assert marks(controls.draw(parts, labels={}, study="toy", told=["ga"])[0], "Gradient Ascent")
