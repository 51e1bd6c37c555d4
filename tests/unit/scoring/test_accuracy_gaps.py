"""Gaps between accuracies: closed forms, what Lemma 1 promises of whom, and the figure."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from tests.helpers.words import marks
from unlearning.artifacts.files import ArtifactError, save_correct, save_record
from unlearning.artifacts.stored import Files, Reader
from unlearning.artifacts.tables import save_table
from unlearning.figures.random_sets import draw
from unlearning.scoring.accuracy_gaps import (
    IDENTITY,
    MEASURES,
    PROBABILITY,
    accuracy_gaps,
    baseline,
    gap_table,
    measure,
    read_gaps,
)
from unlearning.study.seeds import member_seeds
from unlearning.theory.random_sets import hoeffding_bound, two_sample_bound

FORGET, VALIDATION = np.array([1, 3]), np.arange(4, 8)
CORRECT = np.array(
    [
        [0, 1, 0, 1, 1, 1, 1, 0],  # 3/4 - 1
        [1, 0, 1, 0, 1, 1, 1, 1],  # 1 - 0
        [0, 1, 0, 0, 1, 0, 0, 1],  # 1/2 - 1/2
        [0, 0, 1, 0, 0, 0, 1, 0],  # 1/4 - 0
    ],
    dtype=bool,
)


def test_gaps_are_validation_less_forget_member_by_member():
    np.testing.assert_array_equal(
        accuracy_gaps(CORRECT, FORGET, VALIDATION), [-0.25, 1.0, 0.0, 0.25]
    )


def test_measures_of_four_members_by_hand():
    found = measure(CORRECT, FORGET, VALIDATION)
    assert list(found) == MEASURES
    expected = {
        "n_forget": 2,
        "n_validation": 4,
        "n_members": 4,
        "accuracy_forget": 3 / 8,
        "accuracy_validation": 10 / 16,
        "gap_signed": 0.25,
        "gap_mean": 0.375,
        "gap_p5": 0.15 * 0.25,
        "gap_median": 0.25,
        "gap_p95": 0.25 + 0.85 * 0.75,
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected)


@pytest.mark.parametrize("n, m", [(10, 450), (100, 450), (50, 20)])
def test_both_bounds_are_five_per_cent_at_the_allowed_gaps(n, m):
    correct = np.ones((1, n + m), dtype=bool)
    found = measure(correct, np.arange(n), np.arange(n, n + m))
    assert two_sample_bound(n, m, found["allowed_gap"]) == pytest.approx(0.05)
    assert hoeffding_bound(n, found["allowed_gap_printed"]) == pytest.approx(0.05)


def test_fraction_beyond_counts_members_on_either_side():
    correct = np.zeros((5, 60), dtype=bool)
    correct[0, :30] = True  # gap -1
    correct[1, 30:] = True  # gap +1
    correct[2, :10] = True  # gap -1/3, where 0.35 is allowed
    correct[3, 30:41] = True  # gap 11/30
    found = measure(correct, np.arange(30), np.arange(30, 60))
    assert 1 / 3 < found["allowed_gap"] < 11 / 30
    assert found["fraction_beyond"] == 3 / 5


def written(folder, chunks, role, name="", **facts):
    """Write the records of chunks of members on forget set 1, and return their paths."""
    paths = []
    for members in map(list, chunks):
        paths.append(str(folder / f"{role}{name}-{members[0]}.json"))
        seeds = member_seeds(0, role, "1", members)
        save_record(paths[-1], {"members": members, "seeds": seeds, **facts})
    return paths


def test_neither_the_order_of_members_nor_chunks_matter(tmp_path):
    rng = np.random.default_rng(0)
    correct = rng.random((3, 10, 43)) < 0.7
    sizes, paths = [4, 1, 5], []
    for stop, size in zip(np.cumsum(sizes), sizes, strict=True):
        paths.append(str(tmp_path / f"{stop}.npy"))
        save_correct(paths[-1], correct[:, stop - size : stop])
    chunks, epochs = [range(4), range(4, 5), range(5, 10)], [8, 16, 24]
    records = written(tmp_path, chunks, "oracle", epochs=epochs)
    oracle = Reader(0, "train", 43).oracle(Files(records, (), paths), chunks, "1", epochs)
    joined = np.stack([oracle.correct(row) for row in range(3)])
    np.testing.assert_array_equal(joined, correct)
    parts = np.arange(5), np.arange(30, 43)
    whole = measure(joined[1], *parts)
    assert measure(correct[1][rng.permutation(10)], *parts) == pytest.approx(whole)
    assert measure(correct[1][:, ::-1], 42 - parts[0], 42 - parts[1]) == pytest.approx(whole)


@pytest.mark.parametrize("accuracy", [0.5, 0.9])
@pytest.mark.parametrize("n, m", [(10, 450), (100, 450), (100, 20)])
def test_over_draws_of_the_points_an_oracle_stays_within_and_memorising_does_not(n, m, accuracy):
    # Every row is a new draw of F and of the validation points, and answers them independently.
    draws = np.random.default_rng(1).random((10_000, n + m)) < accuracy
    parts = np.arange(n), np.arange(n, n + m)
    found = measure(draws, *parts)
    assert found["fraction_beyond"] <= PROBABILITY
    if (m, accuracy) == (20, 0.5):  # the printed bound takes 20 points for the population
        gaps = np.abs(accuracy_gaps(draws, *parts))
        assert (gaps >= found["allowed_gap_printed"]).mean() > 4 * PROBABILITY
    memorised = draws.copy()
    memorised[:, :n] = True
    # A gap of 0.1 is within what so few points allow: there, memory looks like luck.
    assert (measure(memorised, *parts)["fraction_beyond"] > 0.5) == (accuracy == 0.5)


def test_snapshots_become_rows_with_their_setting(tmp_path):
    correct = np.random.default_rng(2).random((2, 2, 3, 8)) < 0.5
    runs = [
        dict(method="ga", name="lr0.1", kind="grid", hyperparameters={"learning_rate": 0.1},
             snapshots=[(1, None), (2, None)], grid=[2]),
        dict(method="gda", name="lr0", kind="zero_learning_rate",
             hyperparameters={"learning_rate": 0.0}, snapshots=[(5, 3), (5, 4)], grid=[5]),
    ]  # fmt: skip
    paths = [str(tmp_path / f"{i}.npy") for i in range(4)]
    for i, path in enumerate(paths):
        save_correct(path, correct[i // 2][:, [0, 1] if i % 2 == 0 else [2]])
    chunks, records = [range(2), range(2, 3)], []
    for run in runs:
        facts = {"method": run["method"], "trajectory": run["name"]}
        facts["snapshots"] = run["snapshots"]
        records += written(tmp_path, chunks, "unlearned", run["name"], **facts)
    found = Reader(0, "train", 8).runs(Files(records, (), paths), chunks, "1", runs)
    ensembles = [(baseline("oracle", 24), CORRECT)]
    ensembles += [(cols, run.ensemble.correct(row)) for run in found for row, cols in run.rows()]
    table = gap_table(ensembles, "1", FORGET, VALIDATION)
    assert list(table) == [*IDENTITY, "ascent_epochs", "learning_rate", *MEASURES]
    assert table[["method", "setting", "epoch", "in_grid"]].to_numpy().tolist() == [
        ["oracle", "oracle", 24, True],
        ["ga", "lr0.1", 1, False],
        ["ga", "lr0.1", 2, True],
        ["gda", "lr0_ascent3", 5, True],
        ["gda", "lr0_ascent4", 5, True],
    ]
    expected = [accuracy_gaps(part, FORGET, VALIDATION).mean() for part in correct.reshape(4, 3, 8)]
    np.testing.assert_allclose(table["gap_signed"][1:], expected)
    path = str(tmp_path / "1.csv")
    save_table(path, table)
    pd.testing.assert_frame_equal(read_gaps([path]), table, check_dtype=False)
    save_table(path, table.drop(columns="gap_p5"))
    with pytest.raises(ArtifactError, match=r"1.csv lacks \['gap_p5'\]"):
        read_gaps([path])


@pytest.mark.parametrize(
    "correct, forget, validation, message",
    [
        (CORRECT.astype(float), FORGET, VALIDATION, "correct must be a boolean array.*float64"),
        (CORRECT[0], FORGET, VALIDATION, r"correct must be .* of shape \(8,\)"),
        (CORRECT[:0], FORGET, VALIDATION, "at least one member"),
        (CORRECT, FORGET[:0], VALIDATION, "forget must hold at least one point"),
        (CORRECT, FORGET, VALIDATION + 1, "validation must hold indices from 0 to 7, got 5 to 8"),
        (CORRECT, FORGET - 2, VALIDATION, "forget must hold indices from 0 to 7, got -1 to 1"),
        (CORRECT, FORGET + 1, VALIDATION, "share no point, both hold 4"),
    ],
)
def test_what_cannot_be_compared_is_named(correct, forget, validation, message):
    with pytest.raises(ValueError, match=message):
        accuracy_gaps(correct, forget, validation)


def fake_gaps(rates=(0.01, 0.1), sizes=(("b", 100), ("a", 10), ("c", 10))):
    """Tables of three forget sets: answers that break on the forget set as the rate grows."""
    rng = np.random.default_rng(3)
    tables = []
    for name, n in sizes:
        ensembles = [(baseline(method, 0), rng.random((20, n + 450)) < 0.95)
                     for method in ("pretrained", "oracle")]  # fmt: skip
        for method in ("ga", "a_method_of_a_rather_long_name"):
            for kind, rate in [("zero_learning_rate", 0.0), *(("grid", rate) for rate in rates)]:
                for epoch in (1, 2, 3):
                    correct = rng.random((20, n + 450)) < 0.95
                    correct[:, :n] &= rng.random((20, n)) > 3 * rate * epoch
                    columns = dict(method=method, setting=f"lr{rate:g}", kind=kind, epoch=epoch,
                                   in_grid=epoch != 2, learning_rate=rate)  # fmt: skip
                    ensembles.append((columns, correct))
        tables.append(gap_table(ensembles, name, np.arange(n), np.arange(n, n + 450)))
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def gaps():
    return fake_gaps()


def test_the_figure_draws_its_table(gaps):
    figure, drawn = draw(gaps, study="digits")
    panels = {
        axes.get_label(): axes for axes in figure.axes if axes.get_label() in set(gaps["method"])
    }
    assert list(panels) == ["ga", "a_method_of_a_rather_long_name"]
    for name, axes in panels.items():
        rows = drawn[drawn["panel"] == name]
        marks = {c.get_gid(): c for c in axes.collections if isinstance(c, PathCollection)}
        assert set(marks) == {"pretrained", "oracle", "zero_learning_rate", "grid"}
        for mark, collection in marks.items():
            expected = rows.loc[rows["mark"] == mark]
            np.testing.assert_array_equal(collection.get_offsets(), expected[["x", "y"]])
        shades = marks["grid"].get_array()
        np.testing.assert_array_equal(shades, rows.query("mark == 'grid'")["accuracy_validation"])
        (spread,) = (c for c in axes.collections if c.get_gid() == "spread")
        ends = np.array(spread.get_segments())[:, :, 1]
        np.testing.assert_array_equal(ends, rows[["y_low", "y_high"]])
        own = gaps[gaps["method"].isin(["pretrained", "oracle", name]) & gaps["in_grid"]]
        key = ["forget_set", "method", "setting", "epoch"]
        np.testing.assert_array_equal(
            rows.sort_values(key)[["y_low", "y", "y_high"]],
            own.sort_values(key)[["gap_p5", "gap_median", "gap_p95"]],
        )


def test_forget_sets_stand_by_size_and_every_run_at_one_offset(gaps):
    figure, drawn = draw(gaps, study="digits")
    places = drawn.assign(place=drawn["x"].round()).groupby("forget_set")["place"].agg(set)
    assert places.to_dict() == {"a": {0}, "c": {1}, "b": {2}}
    assert (drawn["x"] - drawn["x"].round()).abs().max() < 0.45
    offsets = drawn.assign(offset=drawn["x"] - drawn["x"].round())
    runs = offsets.groupby(["panel", "method", "setting", "epoch"])["offset"]
    assert (runs.max() - runs.min()).max() < 1e-12
    assert runs.first().groupby("panel").nunique().tolist() == [8, 8]
    ticks = [text.get_text() for text in figure.axes[1].get_xticklabels()]
    assert ticks == ["10\n(set a)", "10\n(set c)", "100\n(set b)"]


def test_bands_end_at_the_allowed_gaps_and_runs_beyond_are_counted(gaps):
    figure, drawn = draw(gaps, study="digits")
    axes = figure.axes[0]
    sets = gaps.groupby("forget_set").first().loc[["a", "c", "b"]]
    band, printed = (patch.get_data().values for patch in axes.patches)
    np.testing.assert_array_equal(band, sets["allowed_gap"])
    np.testing.assert_array_equal(printed, sets["allowed_gap_printed"])
    own = gaps[(gaps["method"] == "ga") & gaps["in_grid"]]
    beyond = (own["gap_median"] >= own["allowed_gap"]).groupby(own["forget_set"]).sum()
    texts = [text.get_text() for text in axes.texts]
    assert texts == [f"{beyond[name]} of 6 runs beyond" for name in "acb"]
    assert beyond["b"] >= 2


def test_no_label_covers_another(gaps):
    figure, _ = draw(gaps, study="digits")
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    *panels, frame, _ = figure.axes
    across, along = (axis.label.get_window_extent(renderer) for axis in (frame.xaxis, frame.yaxis))
    assert along.x0 >= 0
    assert along.x1 < min(axes.yaxis.label.get_window_extent(renderer).x0 for axes in panels)
    ticks = panels[-1].get_xticklabels()
    assert across.y1 < min(text.get_window_extent(renderer).y0 for text in ticks)
    assert across.y0 > figure.legends[0].get_window_extent(renderer).y1


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda g: g.drop(columns="gap_p5"), r"column\(s\) gap_p5"),
        (lambda g: g[g["kind"] == "baseline"], "no row of an unlearning method"),
        (lambda g: g[(g["method"] != "oracle") | (g["forget_set"] != "c")], "oracle on forget .*c"),
        (lambda g: g[(g["method"] != "ga") | (g["forget_set"] != "b")], "ga on forget set b"),
    ],
)
def test_a_table_that_lacks_something_is_refused(gaps, change, message):
    with pytest.raises(ValueError, match=message):
        draw(change(gaps), study="digits")


def test_who_is_told_the_answer_is_marked(gaps):
    assert marks(draw(gaps, study="digits", told=["ga"])[0], "Gradient Ascent")
