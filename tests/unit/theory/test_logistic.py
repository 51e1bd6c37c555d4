"""Gradient descent on explicit samples ends where the closed forms say."""

import numpy as np
import pandas as pd
import pytest
import yaml

from unlearning.figures import fig3
from unlearning.figures import logistic as figure
from unlearning.study.sources import ROOT
from unlearning.theory.correlation import tabulate_ranges
from unlearning.theory.logistic import (
    correlated,
    descend,
    predicted_orthogonal,
    run_data_set,
    semi_orthogonal,
)

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())["theory"]["logistic"]
DATA_SETS = CONFIG["data_sets"]


@pytest.fixture(scope="module")
def paths():
    return pd.concat(
        [
            run_data_set(definition, step=0.02, steps=5000).assign(data_set=name)
            for name, definition in DATA_SETS.items()
        ]
    )


def test_data_sets_meet_the_assumptions():
    data = semi_orthogonal([3, 2], [1, 4])
    assert data.samples.shape == (10, 2) and data.forgotten.sum() == 5
    assert ((data.samples != 0).sum(axis=1) == 1).all()
    assert (data.labels * data.samples.sum(axis=1) == 1).all() and len(set(data.labels)) == 2
    counts = (data.samples[data.forgotten] != 0).sum(axis=0)
    assert counts.tolist() == [1, 4]
    pair = correlated(4, 3, 0.5, (2, 1))
    signed = pair.samples * pair.labels[:, None]
    assert (signed[~pair.forgotten][:4] == [1, 0.5, 0]).all()
    assert (signed[pair.forgotten][:3] == [0.5, 1, 0]).all()
    assert pair.forgotten.sum() == 4 and len(pair.labels) == 10


def test_descent_is_on_the_printed_losses():
    data = semi_orthogonal([3, 2], [1, 4])
    margins = data.samples * data.labels[:, None]

    def loss(weights, method):
        terms = np.exp(-margins @ weights)
        value = {
            "pretraining": terms.mean(),
            "retraining": terms[~data.forgotten].mean(),
            "descent-ascent": terms[~data.forgotten].mean() - terms[data.forgotten].mean(),
        }
        return value[method] + 0.5 * 0.3 * weights @ weights

    start = np.array([0.2, -0.4])
    for method in ("pretraining", "retraining", "descent-ascent"):
        _, moved = descend(data, method, start, ridge=0.3, step=0.1, steps=1)
        slope = [
            (loss(start + h, method) - loss(start - h, method)) / 2e-6 for h in 1e-6 * np.eye(2)
        ]
        np.testing.assert_allclose(start - moved, 0.1 * np.array(slope), atol=1e-8)


def test_every_method_ends_where_it_is_predicted_to(paths):
    last = paths[paths["step"] == 5000]
    assert set(last["data_set"]) == set(DATA_SETS)
    exact = last[(last["method"] != "iterative") | ~last["name"].isin(["x", "y"])]
    assert len(exact) == 3 * 6 - 3 + 2 * 4
    np.testing.assert_allclose(exact["value"], exact["predicted"], atol=1e-6)
    leading = last.drop(exact.index, errors="ignore")
    leading = last[(last["method"] == "iterative") & last["name"].isin(["x", "y"])]
    np.testing.assert_allclose(leading["value"], leading["predicted"], atol=5 * 0.02 * 0.1)


def test_pretraining_ends_where_it_is_predicted_to(paths):
    definition = DATA_SETS["around the range"]
    start = paths[(paths["step"] == 0) & (paths["data_set"] == "around the range")]
    predicted = predicted_orthogonal(
        definition["retained"], definition["forgotten"], ridge=1.0, step=0.02
    )
    for _, rows in start.groupby("method"):
        np.testing.assert_allclose(rows["value"], predicted["pretraining"], atol=1e-9)


def test_beyond_the_limit_ascent_diverges_and_the_iteration_does_not(paths):
    rows = paths[paths["data_set"] == "beyond the limit"]
    third = rows[rows["coordinate"] == 3].groupby("method")["step"].max()
    assert third["descent-ascent"] < 1000 and third["iterative"] == 5000
    assert set(rows.loc[rows["coordinate"] == 3, "range"]) == {"beyond the limit"}


def test_which_early_stops_would_help(paths):
    def nearest(data_set, column):
        rows = paths[(paths["data_set"] == data_set) & (paths["method"] == "descent-ascent")]
        return rows[column].min() / rows[column].iloc[0]

    guaranteed = paths[paths["name"].isin(["x", "y"])]
    assert set(guaranteed["range"]) == {"in the guaranteed range"}
    for name in ("always harmful", "closer at first"):
        assert nearest(name, "distance") == 1
    assert nearest("always harmful", "weight_distance") == 1
    assert nearest("closer at first", "weight_distance") < 0.9
    single = paths[(paths["name"] == "w_1") & (paths["method"] == "descent-ascent")]
    away = (single["value"] - single["oracle"]).abs().groupby(single["data_set"])
    assert (away.first() == away.min()).all()
    assert set(single["range"]) == {"in Lemma 2's range"}


def test_ranges_are_named():
    table = run_data_set(DATA_SETS["around the range"], step=0.02, steps=2)
    names = table.drop_duplicates("coordinate")["range"].tolist()
    assert names == [f"{where} Lemma 2's range" for where in ("in", "below", "above")]


def test_what_cannot_be_run_is_refused():
    with pytest.raises(ValueError, match="retained must be .* greater than 0"):
        semi_orthogonal([0, 1], [1, 1])
    with pytest.raises(ValueError, match="for each coordinate"):
        semi_orthogonal([1, 1], [0, 0])
    with pytest.raises(ValueError, match="epsilon must be within"):
        correlated(1, 1, 1.5, (0, 0))
    with pytest.raises(ValueError, match="method must be one of pretraining, retraining"):
        next(descend(semi_orthogonal([1], [1]), "ga", np.zeros(1), ridge=1, step=1, steps=1))


def test_the_figure_draws_the_paths(paths):
    drawn_figure, drawn = figure.draw({"logistic": paths}, options={"step": 0.02})
    assert drawn.equals(paths)
    panels = drawn_figure.axes
    assert len(panels) == 4 * 4
    titles = " ".join(axes.get_title() for axes in panels).replace("\n", " ")
    for text in ("in Lemma 2's range", "beyond the limit", "in the guaranteed range"):
        assert text in titles
    colour = figure.METHODS["descent-ascent"][0]
    solid = [line for line in panels[0].lines if line.get_color() == colour]
    first = paths[(paths["data_set"] == "around the range") & (paths["coordinate"] == 1)]
    first = first[first["method"] == "descent-ascent"]
    assert any(np.array_equal(line.get_ydata(), first["value"]) for line in solid)
    with pytest.raises(ValueError, match="lacks the column.s. predicted"):
        figure.draw({"logistic": paths.drop(columns="predicted")}, options={"step": 0.02})


def test_figure_3_draws_guaranteed_and_exact_ranges():
    epsilon = np.linspace(0, 1, 41)
    table = pd.DataFrame(tabulate_ranges(100, [20, 50], 1, 1.0, epsilon))
    options = {"data": 100, "retain_ij": 1, "ridge": 1.0}
    drawn_figure, drawn = fig3.draw({"ranges": table}, options=options)
    inside = drawn[drawn["guaranteed"]]
    assert 0 < len(inside) < len(drawn)
    assert (inside["exact_low"] <= inside["low"] + 1e-9).all()
    assert (inside["exact_high"] >= inside["high"] - 1e-9).all()
    assert len(drawn_figure.axes) == 3
    lows = [line.get_ydata() for line in drawn_figure.axes[1].lines]
    assert any(np.array_equal(y, table["low"][:41]) for y in lows)
    with pytest.raises(ValueError, match="lacks the column.s. exact_low"):
        fig3.draw({"ranges": table.drop(columns="exact_low")}, options=options)
