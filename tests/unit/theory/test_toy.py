"""Appendix B: the three losses, who is trapped, until when, who escapes, and what is drawn."""

import io

import numpy as np
import pandas as pd
import pytest

from unlearning.figures import escape as escape_figure
from unlearning.figures import fig4
from unlearning.theory import toy_runs
from unlearning.theory.toy import FEATURES, READINGS, RIDGE, SIGNS, toy_landscape
from unlearning.theory.toy_escape import OPTIMISERS, _fine_tune, escape_fractions, wilson_interval
from unlearning.theory.toy_runs import (
    basin_border,
    descent_paths,
    end_of_descent,
    recoverability,
)

# Every minimum: reading, loss, parameters, loss there, samples classified right.
MINIMA = [
    ("tanh", "pretraining", (2.233293, -0.460356), 1.359991, (1, 1, 0, 1)),
    ("tanh", "pretraining", (1.980396, -1.013078), 4.384395, (1, 1, 1, 0)),
    ("tanh", "gda", (1.981914, -1.048439), 0.388435, (1, 1, 1, 0)),
    ("tanh", "retraining", (2.190126, -0.483696), 1.343688, (1, 1, 0, 1)),
    ("tanh", "retraining", (1.981786, -1.034180), 2.386691, (1, 1, 1, 0)),
    ("literal", "pretraining", (1.571359, -0.233751), 0.588551, (1, 1, 0, 1)),
    ("literal", "gda", (1.425393, -0.909596), 0.397433, (1, 1, 1, 0)),
    ("literal", "retraining", (1.530888, -0.292881), 0.572356, (1, 1, 0, 1)),
]


@pytest.fixture(scope="module")
def landscapes():
    return {reading: toy_landscape(reading) for reading in READINGS}


@pytest.fixture(scope="module")
def tanh(landscapes):
    return landscapes["tanh"]


@pytest.fixture(scope="module")
def paths(tanh):
    return descent_paths(tanh, step_size=0.01)


@pytest.fixture(scope="module")
def moments(tanh):
    return recoverability(tanh, [0.01, 0.1, 0.8])


def ends(paths):
    return paths.groupby("phase")[["a", "b"]].last()


def printed_loss(reading, weights, a, b):
    """The loss of Appendix B, term by term."""
    total = 0.0
    for weight, sign, (first, second) in zip(weights, SIGNS, FEATURES, strict=True):
        z = a * first + b * second
        if reading == "tanh":
            total += weight * (np.tanh((1 + z) / 2) - sign) ** 2
        else:
            total += weight * (1 / (1 + np.exp(-(1 + z) / 2)) - (sign + 1) / 2) ** 2
    return total / 4 + 0.1 / 2 * (a * a + b * b)


def test_the_minima_of_both_readings(landscapes):
    found = [
        (reading, name, minimum)
        for reading, landscape in landscapes.items()
        for name, minima in landscape.minima.items()
        for minimum in minima
    ]
    assert len(found) == len(MINIMA)
    for (reading, name, minimum), expected in zip(found, MINIMA, strict=True):
        assert (reading, name) == expected[:2]
        np.testing.assert_allclose((minimum.a, minimum.b), expected[2], atol=1e-6)
        assert minimum.loss == pytest.approx(expected[3], abs=1e-6)
        assert minimum.correct == tuple(map(bool, expected[4]))


@pytest.mark.parametrize("reading", READINGS)
def test_losses_and_derivatives(landscapes, reading):
    points = np.random.default_rng(0).normal(size=(20, 2)) * 1.5
    for loss in landscapes[reading].losses.values():
        for point in points:
            expected = printed_loss(reading, loss.weights, *point)
            assert loss(*point) == pytest.approx(expected, rel=1e-12)
        small = 1e-5 * np.eye(2)
        for axis, shift in enumerate(small):
            slope = (loss(*(points + shift).T) - loss(*(points - shift).T)) / 2e-5
            np.testing.assert_allclose(loss.gradient(points)[:, axis], slope, atol=1e-7)
            bend = (loss.gradient(points + shift) - loss.gradient(points - shift)) / 2e-5
            np.testing.assert_allclose(loss.hessian(points)[:, axis], bend, atol=1e-7)
        whole = np.asarray(loss.weights) @ loss.cluster_gradients(points) / 4 + RIDGE * points
        np.testing.assert_allclose(whole, loss.gradient(points), atol=1e-12)


def test_stationary_points_are_complete(landscapes):
    """As many minima and maxima as saddles, and one more."""
    for reading, count in {"tanh": 3, "literal": 1}.items():
        loss = landscapes[reading].losses["retraining"]
        points, curvatures = loss.stationary_points()
        assert len(points) == count
        assert np.abs(loss.gradient(points)).max() < 1e-12
        assert np.sign(curvatures.prod(axis=1)).sum() == 1


def test_every_claim_of_the_appendix_holds_for_tanh(tanh, paths):
    """GDA ends in its only minimum, fine-tuning in retraining's local one: 10 right, not 11."""
    retraining = tanh.minima["retraining"]
    end = ends(paths)
    np.testing.assert_allclose(end.loc["gda"], tanh.minima["gda"][0][:2], atol=1e-7)
    np.testing.assert_allclose(end.loc["fine-tuning"], retraining[1][:2], atol=1e-7)
    np.testing.assert_allclose(end.loc["retraining"], retraining[0][:2], atol=1e-7)
    right = {
        name: [np.dot(loss.weights, minimum.correct) for minimum in tanh.minima[name]]
        for name, loss in tanh.losses.items()
    }
    assert right == {"pretraining": [13, 10], "gda": [10], "retraining": [11, 10]}
    moved = np.linalg.norm(end.loc["fine-tuning"] - end.loc["gda"])
    apart = np.linalg.norm(end.loc["fine-tuning"] - end.loc["retraining"])
    assert moved < 0.015 and apart > 0.55


def test_fine_tuning_returns_for_the_literal_reading(landscapes):
    literal = landscapes["literal"]
    paths = descent_paths(literal, step_size=0.05)
    end = ends(paths)
    np.testing.assert_allclose(end.loc["fine-tuning"], end.loc["retraining"], atol=1e-7)
    assert paths["returns"].all()
    with pytest.raises(ValueError, match="landscape must have a trap.*'literal'"):
        recoverability(literal, [0.1])
    with pytest.raises(ValueError, match="every start lies in the trap.*'literal'"):
        escape_fractions(literal, [0.1])


def test_paths_are_descents(tanh, paths):
    assert set(paths["reading"]) == {"tanh"}
    for phase, name in {"gda": "gda", "fine-tuning": "retraining"}.items():
        rows = paths[paths["phase"] == phase]
        assert rows["time"].iloc[0] == 0 and (np.diff(rows["time"]) > 0).all()
        assert (np.diff(rows[name]) <= 1e-12).all()
        length = np.hypot(rows["a"].diff(), rows["b"].diff())[1:]
        assert len(rows) > 50 and length.max() < 0.1 * length.sum()
        expected = tanh.losses[name](rows["a"], rows["b"])
        np.testing.assert_array_equal(rows[name], expected)


def test_end_of_descent_is_where_small_steps_lead(tanh):
    loss = tanh.losses["retraining"]
    starts = np.random.default_rng(1).normal(size=(40, 2)) * 2
    points = starts
    for _ in range(8000):
        points = points - 0.01 * loss.gradient(points)
    minima = np.array([minimum[:2] for minimum in tanh.minima["retraining"]])
    expected = np.linalg.norm(points[:, None] - minima, axis=-1).argmin(axis=1)
    reached = end_of_descent(loss, starts.reshape(8, 5, 2))
    np.testing.assert_array_equal(reached.ravel(), expected)
    assert reached.shape == (8, 5) and 0 < expected.sum() < 40


def test_border_separates_the_basins(tanh):
    loss = tanh.losses["retraining"]
    border = basin_border(loss)
    place = np.flatnonzero(np.linalg.norm(border - (1.816, -0.715), axis=1) < 2)[::10]
    along = border[place + 1] - border[place - 1]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across *= 1e-4 / np.linalg.norm(across, axis=1, keepdims=True)
    one, other = (end_of_descent(loss, border[place] + sign * across) for sign in (-1, 1))
    assert len(place) > 5 and len(set(one)) == len(set(other)) == 1 and one[0] != other[0]
    with pytest.raises(ValueError, match="two minima and a saddle, got 1"):
        basin_border(tanh.losses["gda"])


def test_what_does_not_converge_is_refused(tanh, monkeypatch):
    monkeypatch.setattr(toy_runs, "FLOW_STEPS", 5)
    minimum = tanh.minima["retraining"][1][:2]
    with pytest.raises(RuntimeError, match=r"no minimum from 1 of 2 points.* \[9.0, 9.0\]"):
        end_of_descent(tanh.losses["retraining"], [minimum, (9.0, 9.0)])
    monkeypatch.setattr(toy_runs, "PATH_STEPS", 1000)
    with pytest.raises(RuntimeError, match="step size 3 did not converge in 1000 steps"):
        descent_paths(tanh, step_size=3.0)


def test_the_point_of_no_return(tanh, moments, paths):
    flow, *steps = moments.to_dict("records")
    assert flow["step_size"] == 0 and flow["time"] == pytest.approx(0.232074, abs=2e-6)
    assert (flow["correct_samples"], flow["correct_retain"]) == (2, 9)
    assert flow["progress"] == pytest.approx(0.669, abs=1e-3)
    assert flow["retraining"] == pytest.approx(2.5295, abs=1e-4)
    assert [row["steps"] for row in steps] == [23, 3, 0]
    for row in steps[:2]:
        point = np.array(tanh.minima["pretraining"][0][:2])
        for step in range(row["steps"] + 1):
            if step == row["steps"]:
                np.testing.assert_allclose(point, (row["a"], row["b"]))
                assert end_of_descent(tanh.losses["retraining"], point) == 0
            point = point - row["step_size"] * tanh.losses["gda"].gradient(point)
        assert end_of_descent(tanh.losses["retraining"], point) == 1
    gda = paths[paths["phase"] == "gda"]
    assert gda.loc[gda["returns"], "time"].max() <= 0.24 <= gda.loc[~gda["returns"], "time"].min()


def test_wilson_interval():
    """The ends solve |p - fraction| = z sqrt(p (1 - p) / n)."""
    fraction = np.array([0.0, 0.015, 0.5, 1.0])
    for end in wilson_interval(fraction, 200):
        deviation = 1.959964 * np.sqrt(end * (1 - end) / 200)
        np.testing.assert_allclose(np.abs(end - fraction), deviation, rtol=1e-6, atol=1e-12)
    with pytest.raises(ValueError, match="runs must be"):
        wilson_interval(0.5, 0)


def test_small_steps_never_escape_and_others_do(tanh):
    table = escape_fractions(tanh, [0.01, 0.5, 3.0], optimisers=["gd"], runs=40, steps=400)
    assert table["escaped"].tolist()[:2] == [0, 0] and table["escaped"].iloc[2] > 0.3
    assert table["settled"].tolist()[:2] == [1, 1] and table["settled"].iloc[2] < 0.5
    noisy = escape_fractions(tanh, [0.001, 0.3], optimisers=["sgd"], runs=40, steps=400)
    assert noisy["escaped"].iloc[0] == 0 and noisy["escaped"].iloc[1] > 0.3
    assert (noisy["low"] <= noisy["escaped"]).all() and (noisy["escaped"] <= noisy["high"]).all()


def test_a_single_sample_step_is_unbiased(tanh):
    loss, start = tanh.losses["retraining"], np.array([2.0, -0.6])
    runs, step, rng = 20_000, np.array([0.1]), np.random.default_rng(3)
    (moved,) = _fine_tune(loss, OPTIMISERS["sgd"], np.tile(start, (runs, 1)), step, 1, rng)
    error = (moved[0] - start).mean(axis=0) + 0.1 * loss.gradient(start)
    assert (np.abs(error) < 4 * moved[0].std(axis=0) / np.sqrt(runs)).all()
    assert len(np.unique(moved[0], axis=0)) == 4


def test_a_run_escapes_for_good_where_descent_keeps_it(tanh):
    """Adam with a moderate step leaves the trap and stays outside: the fractions are settled."""
    row = escape_fractions(tanh, [0.012], optimisers=["adam"], runs=40, steps=2500).iloc[0]
    assert row["escaped"] > 0.1 and row["settled"] > 0.7


def test_momentum_and_adam_follow_their_formulas():
    gradients = np.random.default_rng(2).normal(size=(3, 2))
    momentum, adam = (OPTIMISERS[name].update() for name in ("gd_momentum", "adam"))
    g1, g2, g3 = gradients
    moves = [momentum(gradient) for gradient in gradients]
    np.testing.assert_allclose(moves[2], g3 + 0.9 * g2 + 0.81 * g1)
    moves = [adam(gradient) for gradient in gradients]
    np.testing.assert_allclose(moves[0], np.sign(g1), rtol=1e-6)
    mean = (0.1 * g3 + 0.09 * g2 + 0.081 * g1) / (1 - 0.9**3)
    square = 0.001 * (g3**2 + 0.999 * g2**2 + 0.999**2 * g1**2) / (1 - 0.999**3)
    np.testing.assert_allclose(moves[2], mean / np.sqrt(square), rtol=1e-6)


def test_diverged_runs_are_counted_apart(tanh):
    """Past step size 2 / ridge = 20 the ridge alone makes descent diverge."""
    table = escape_fractions(tanh, [0.1, 30.0], optimisers=["gd", "sgd"], runs=5, steps=60)
    assert table["diverged"].tolist() == [0, 1, 0, 1]
    assert table.loc[table["diverged"] == 1, ["escaped", "settled"]].to_numpy().sum() == 0


def test_escapes_depend_on_nothing_but_the_seed_and_their_own_row(tanh):
    options = {"runs": 20, "steps": 150}
    both = escape_fractions(tanh, [0.03, 0.3, 1.0], optimisers=["sgd", "adam"], **options)
    alone = escape_fractions(tanh, [0.3], optimisers=["adam"], **options)
    pd.testing.assert_frame_equal(both.iloc[[4]].reset_index(drop=True), alone)
    for name, spread in (("gd", 0.02), ("sgd", 0.0)):
        tables = [
            escape_fractions(
                tanh, [1.0, 3.0], optimisers=[name], spread=spread, seed=seed, **options
            )
            for seed in (0, 0, 1)
        ]
        assert tables[0].equals(tables[1]) and not tables[0].equals(tables[2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimisers": ["sgdd"]}, "optimisers must be among gd, .*got 'sgdd'"),
        ({"runs": 0}, "runs must be an integer of at least 1, got 0"),
        ({"steps": 2.5}, "steps must be an integer of at least 1, got 2.5"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"step_sizes": [0.1, 0.0]}, "step_sizes must be finite and greater than 0, got 0.0"),
        ({"spread": np.nan}, "spread must be finite and at least 0"),
        ({"spread": 1.0}, "every start lies in the trap, got 1"),
    ],
)
def test_escape_refuses(tanh, change, message):
    with pytest.raises(ValueError, match=message):
        escape_fractions(tanh, **({"step_sizes": [0.1]} | change))


def test_runs_refuse(tanh):
    loss = tanh.losses["retraining"]
    with pytest.raises(ValueError, match="reading must be one of tanh, literal, got 'logit'"):
        toy_landscape("logit")
    with pytest.raises(ValueError, match="parameters must be finite and of shape"):
        end_of_descent(loss, [[np.inf, 0]])
    with pytest.raises(ValueError, match="parameters must be finite and of shape"):
        end_of_descent(loss, [0.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="a and b must be finite"):
        loss(np.nan, 0.0)
    with pytest.raises(ValueError, match="step_size must be"):
        descent_paths(tanh, step_size=0)


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def test_figure_4_draws_its_table(tanh, paths):
    figure, drawn = fig4.draw({"toy_paths": paths}, options={})
    figure.savefig(io.BytesIO())
    for phase, name in {"gda": "gda", "fine-tuning": "retraining"}.items():
        rows = drawn[(drawn["panel"] == name) & (drawn["kind"] == f"path of {phase}")]
        source = paths[paths["phase"] == phase]
        np.testing.assert_array_equal(rows[["a", "b"]], source[["a", "b"]])
        np.testing.assert_array_equal(rows["loss"], source[name])
        lines = [line.get_xydata() for line in panel(figure, name).lines]
        assert any(np.array_equal(line, source[["a", "b"]]) for line in lines)
    for kind, names in {"global": tanh.minima, "local": ("pretraining", "retraining")}.items():
        marks = drawn[drawn["kind"] == f"{kind} minimum"]
        expected = [tanh.minima[name][kind == "local"][:3] for name in names]
        assert marks["panel"].tolist() == list(names)
        np.testing.assert_array_equal(marks[["a", "b", "loss"]], expected)
    for name, title, wrong in (
        ("plane of GDA", "10 of 12 retain points right", 4),
        ("plane of retraining", "11 of 12 retain points right", 1),
    ):
        axes = panel(figure, name)
        assert axes.get_title(loc="left") == title
        assert [text.get_text() for text in axes.texts] == list("−−−−−++++−++++")
        assert sum(text.get_color() == fig4.WRONG for text in axes.texts) == wrong
        assert sum(text.get_bbox_patch() is not None for text in axes.texts) == 2
    x, y = panel(figure, "plane of retraining").lines[0].get_data()
    a, b = ends(paths).loc["retraining"]
    np.testing.assert_allclose(1 + a * x + b * y, 0, atol=1e-9)


def test_escape_figure_draws_its_tables(tanh, paths, moments):
    escapes = escape_fractions(tanh, [0.1, 30.0], optimisers=["gd", "sgd"], runs=5, steps=1500)
    tables = {"escape": escapes, "recoverability": moments, "toy_paths": paths}
    figure, drawn = escape_figure.draw(tables, options={})
    figure.savefig(io.BytesIO())
    left = panel(figure, "escape")
    lines = {line.get_label(): line.get_xydata() for line in left.lines}
    for name, rows in escapes.groupby("optimiser"):
        np.testing.assert_array_equal(lines[name], rows[["step_size", "escaped"]])
    squares = next(artist for artist in left.collections if artist.get_gid() == "diverged")
    assert len(squares.get_offsets()) == 2
    loss = drawn[drawn["panel"] == "loss"]
    tuned = loss[loss["line"] == "after fine-tuning from there"]
    minima = [minimum.loss for minimum in tanh.minima["retraining"]]
    np.testing.assert_allclose(tuned["y"], np.where(tuned["x"] < 0.2321, *minima), atol=1e-7)
    steps = drawn[drawn["panel"] == "steps"]
    assert steps[["x", "y"]].to_numpy().tolist() == [[0.01, 23], [0.1, 3], [0.8, 0]]


def test_figures_refuse(paths, moments):
    with pytest.raises(ValueError, match="must hold paths"):
        fig4.draw({}, options={})
    with pytest.raises(ValueError, match="lacks the column.s. returns"):
        fig4.draw({"toy_paths": paths.drop(columns="returns")}, options={})
    with pytest.raises(ValueError, match="no rows of the phase.s. gda"):
        fig4.draw({"toy_paths": paths[paths["phase"] != "gda"]}, options={})
    with pytest.raises(ValueError, match="of the reading tanh, got literal"):
        fig4.draw({"toy_paths": paths.assign(reading="literal")}, options={})
    with pytest.raises(ValueError, match="lack escape"):
        escape_figure.draw({"recoverability": moments, "toy_paths": paths}, options={})
