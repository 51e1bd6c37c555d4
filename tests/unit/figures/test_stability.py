"""The figure of fewer members draws the rows of both tables that it says it does."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.words import marks
from unlearning.answer import ranking, stability
from unlearning.figures.stability import draw, shown
from unlearning.figures.theme import applied

SIZES = [10, 50, 100]
POINTS = {"forget": 10, "retain": 90, "validation": 50}
LABELS = {"5": "5: top 50 of component 1", "1": "1: 10 random"}


def tables():
    """Two forget sets: baselines, two runs of one method and one of another; a ranking of each."""
    rng = np.random.default_rng(0)
    scores, order = [], []
    floor = np.reshape((8.0, 1.7, 0.7), (-1, 1, 1, 1)) + 0.1 * rng.random((3, 20, 3, 2))
    for name in LABELS:
        gaussian = np.full((3, 3, 2), 1.0)
        scores.append(stability.gaussian_rows(name, gaussian, sizes=SIZES, points=POINTS))
        runs = [("pretrained", "", 0, 2.0), ("oracle_floor", "", 0, 0.0)]
        runs += [("ga", "lr1", 1, 1.5), ("ga", "lr1", 5, 1.0), ("mine", "lr1", 1, 3.0)]
        for method, setting, epoch, above in runs:
            run = {"method": method, "setting": setting, "kind": "grid", "epoch": epoch}
            scores.append(
                stability.stability_rows(
                    {**run, "forget_set": name},
                    floor + above,
                    floor,
                    gaussian,
                    sizes=SIZES,
                    points=POINTS,
                )  # fmt: skip
            )
        row = dict.fromkeys(ranking.COLUMNS, 0.9) | {"forget_set": name, "all_members": 100}
        for measure in ("p95", "mean"):
            for split in ("average", "forget"):
                order += [
                    {**row, "split": split, "measure": measure, "n_members": n} for n in SIZES
                ]
    return pd.concat(scores, ignore_index=True), pd.DataFrame(order)


@pytest.fixture(scope="module")
def drawn():
    with applied():
        return draw(*tables(), labels=LABELS, study="digits")


def test_of_each_method_the_best_run_is_drawn():
    scores, _ = tables()
    kept = shown(scores[scores["forget_set"] == "1"], ["ga", "mine"])
    runs = {tuple(run) for run in kept[["method", "epoch"]].drop_duplicates().to_numpy()}
    baselines = {("pretrained", 0), ("oracle_floor", 0), ("gaussian_floor", 0)}
    assert runs == {*baselines, ("ga", 5), ("mine", 1)}


def test_panels_stand_set_by_set_and_draw_their_rows(drawn):
    figure, table = drawn
    panels = [axes.get_label() for axes in figure.axes]
    names = ("forget", "retain", "validation", "order")
    assert panels == [f"{name}: {panel}" for name in LABELS for panel in names]
    axes = figure.axes[panels.index("1: retain")]
    rows = table[(table["forget_set"] == "1") & (table["panel"] == "retain")]
    for line in ("pretrained", "ga", "mine", "oracle_floor"):
        p95 = rows[(rows["line"] == line) & (rows["measure"] == "p95")]
        data = p95[["n_members", "score"]].to_numpy(float)
        assert any(
            each.get_xydata().shape == data.shape and np.allclose(each.get_xydata(), data)
            for each in axes.lines
        ), line


def test_the_order_is_that_by_the_average(drawn):
    figure, table = drawn
    order = table[table["panel"] == "order"]
    assert set(order["split"]) == {"average"} and set(order["measure"]) == {"p95"}
    assert len(order) == 2 * len(SIZES)
    (axes, _) = [axes for axes in figure.axes if axes.get_label().endswith("order")]
    assert np.allclose(axes.lines[0].get_ydata(), 0.9)


def test_without_pairs_of_runs_there_is_no_order():
    scores, order = tables()
    with applied():
        _, table = draw(scores, order.iloc[:0], labels=LABELS, study="digits")
    assert "order" not in set(table["panel"])


def test_a_forget_set_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows of forget set 7"):
        draw(*tables(), labels={"7": "7: top"}, study="digits")


def test_of_many_methods_each_has_a_colour_of_its_own():
    scores, order = tables()
    many = [scores]
    for number in range(15):
        own = scores[scores["method"] == "mine"]
        many.append(own.assign(method=f"mine{number}"))
    with applied():
        figure, _ = draw(pd.concat(many), order, labels=LABELS, study="digits")
    handles = [handle for legend in figure.legends for handle in legend.legend_handles]
    runs = [handle for handle in handles if handle.get_label().startswith("a run of")]
    assert len({str(handle.get_color()) for handle in runs}) == len(runs) == 17


def test_who_is_told_the_answer_is_marked():
    assert marks(draw(*tables(), labels=LABELS, study="digits", told=["ga"])[0], "Gradient Ascent")
