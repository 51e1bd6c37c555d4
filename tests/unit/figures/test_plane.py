"""Figures draw exactly their tables: who is drawn, where, and what is refused."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm, Normalize

from tests.helpers.words import marks
from unlearning.figures import fig1, fig2, fig5, fig6, fig7, forget_sets
from unlearning.figures.plane import CAP, cost_norm, runs
from unlearning.study.method_names import METHOD_NAMES

SPLITS = ("forget", "retain", "validation")
SIZES = {"1": 10, "2": 100, "3": 1000, "4": 10, "5": 100, "6": 500, "7": 10, "8": 100, "9": 500}
LABELS = {
    name: f"{name}: {size} {'random' if name in '123' else 'top of component ' + '12'[name > '6']}"
    for name, size in SIZES.items()
}
GRIDS = {
    "ga": [{"learning_rate": lr} for lr in (1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 1e-2, 5e-2)],
    "gda": [
        {"learning_rate": lr, "ascent_epochs": ascent, "forget_batch_size": batch}
        for lr in (5e-5, 5e-4, 1e-3, 5e-3)
        for ascent in (3, 5)
        for batch in (32, 64)
    ],
}
GRIDS["scrub"] = GRIDS["gda"]
GRID_EPOCHS = {"ga": (1, 3, 5, 7, 10), "gda": (5, 7, 10), "scrub": (5, 7, 10)}


def fake_scores(methods=("ga", "gda", "scrub"), names=tuple(SIZES), members=100, seed=0):
    """Scores that look like those of a study: drift, ascent that breaks, a few divergences."""
    rng = np.random.default_rng(seed)
    floor = {"forget": 0.7, "retain": 0.62, "validation": 0.66}
    rows = []

    def add(method, setting, kind, epoch, name, p95, cost, nonfinite=0, in_grid=True, **more):
        for split in SPLITS:
            score = float(np.clip(p95[split], 0.05, CAP))
            rows.append(
                dict(
                    method=method,
                    setting=setting,
                    kind=kind,
                    epoch=epoch,
                    in_grid=in_grid,
                    forget_set=name,
                    split=split,
                    learning_rate=more.get("learning_rate", np.nan),
                    n_members=members,
                    n_points=SIZES[name],
                    klom_p95=score,
                    klom_p95_low=score * 0.9,
                    klom_p95_high=score * 1.06,
                    floor_p95=floor[split],
                    n_nonfinite=nonfinite,
                    relative_cost=cost,
                )  # fmt: skip
            )

    for name in names:
        start = {"forget": 9 + rng.random(), "retain": 0.64, "validation": 0.67}
        add("pretrained", "", "baseline", 0, name, start, 0.0)
        add("oracle_floor", "", "baseline", 24, name, floor, 1.0)
        for epoch in range(3, 25, 3):
            p95 = {s: floor[s] + (7 if s == "retain" else 4) * (1 - epoch / 24) for s in SPLITS}
            add("oracle_stopped", "", "baseline", epoch, name, p95, epoch / 24)
        for method in methods:
            for kind in ("grid", "frozen_batch_norm", "zero_learning_rate"):
                grid = [{"learning_rate": 0.0}] if kind == "zero_learning_rate" else GRIDS[method]
                for setting in grid:
                    rate = setting["learning_rate"]
                    text = "_".join(f"{key}{value:g}" for key, value in setting.items()) + kind
                    drift = (2.2 if method == "ga" else 0.1) * (kind != "frozen_batch_norm")
                    shift, hard = rng.normal(size=3) * 0.15, 0.3 + 0.7 * rng.random()
                    for epoch in range(1, 11):
                        push = 60 * rate * epoch * hard * rng.uniform(0.8, 1.2)
                        broken = drift * epoch**0.6 + push * (2.5 if method == "ga" else 0.3)
                        p95 = {
                            "forget": abs(start["forget"] - 4 * push) + shift[0],
                            "retain": 11 * np.tanh((0.64 + broken) / 11) + abs(shift[1]),
                            "validation": 11 * np.tanh((0.67 + 0.9 * broken) / 11) + abs(shift[2]),
                        }
                        cost = epoch * SIZES[name] / 24 / 50_000
                        cost = cost if method == "ga" else 1.04 * epoch / 24
                        bad = kind == "grid" and rate == 5e-2 and epoch >= 5
                        add(method, text, kind, epoch, name, p95, cost, nonfinite=40 * bad,
                            in_grid=epoch in GRID_EPOCHS[method], **setting)  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def scores():
    """Scores of three forget sets as they come back from a CSV file."""
    text = fake_scores(names=("1", "5", "8")).to_csv(index=False)
    return pd.read_csv(io.StringIO(text))


OPTIONS = {
    fig1: {"methods": ["ga", "gda"], "forget_sets": ["5"], "labels": LABELS},
    fig2: {"methods": ["ga"], "forget_sets": ["1"], "labels": LABELS},
    fig5: {"methods": ["ga", "gda"], "forget_sets": ["5", "1", "8"], "labels": LABELS},
    fig6: {"methods": ["ga", "gda", "scrub"], "forget_sets": ["1", "5", "8"]},
    fig7: {"methods": ["scrub", "ga"], "forget_sets": ["8"]},
}


def panels(figure, drawn):
    """The axes of each panel of the table, by name."""
    found = {axes.get_label(): axes for axes in figure.axes}
    return {name: found[name] for name in drawn["panel"].unique()}


def p95_of(scores, split, **where):
    """P95 KLoM of the rows of one split, looked up directly in the scores."""
    rows = scores[(scores["split"] == split) & scores["in_grid"]]
    for name, value in where.items():
        rows = rows[rows[name].astype(str) == str(value)]
    return rows.sort_values(["kind", "setting", "epoch"])["klom_p95"].to_numpy()


@pytest.mark.parametrize("module", OPTIONS, ids=lambda module: module.__name__[-4:])
def test_every_mark_in_the_axes_is_a_row_of_the_table(scores, module):
    figure, drawn = module.draw(scores, options=OPTIONS[module], study="digits")
    for name, axes in panels(figure, drawn).items():
        rows = drawn[drawn["panel"] == name]
        if name == "average against epoch":
            continue
        marks = {c.get_gid(): c for c in axes.collections if isinstance(c, PathCollection)}
        assert set(marks) == set(rows["mark"])
        for mark, collection in marks.items():
            expected = rows.loc[rows["mark"] == mark, ["x", "y"]]
            np.testing.assert_array_equal(collection.get_offsets(), expected)


@pytest.mark.parametrize("module, y_split", [(fig6, "validation"), (fig7, "retain")])
def test_the_table_holds_the_grid_and_its_controls_at_their_scores(scores, module, y_split):
    _, drawn = module.draw(scores, options=OPTIONS[module], study="digits")
    assert set(drawn["panel"]) == {
        f"{method}, forget set {name}"
        for method in OPTIONS[module]["methods"]
        for name in OPTIONS[module]["forget_sets"]
    }
    rows = drawn[drawn["panel"] == "scrub, forget set 8"]
    counts = {"grid": 48, "frozen_batch_norm": 48, "zero_learning_rate": 3,
              "pretrained": 1, "oracle": 1, "stopped": 8}  # fmt: skip
    assert rows["mark"].value_counts().to_dict() == counts
    own = rows[rows["method"] == "scrub"].sort_values(["kind", "setting", "epoch"])
    for axis, split in (("x", "forget"), ("y", y_split)):
        np.testing.assert_array_equal(
            own[axis], p95_of(scores, split, method="scrub", forget_set=8)
        )


def test_diverged_runs_are_drawn_at_the_cap_and_counted(scores):
    figure, drawn = fig1.draw(scores, options=OPTIONS[fig1], study="digits")
    diverged = drawn[drawn["mark"] == "diverged"]
    assert diverged["epoch"].tolist() == [5, 7, 10]
    assert (diverged[["x", "y"]] == CAP).all(axis=None)
    texts = {
        name: [text.get_text() for text in axes.texts]
        for name, axes in panels(figure, drawn).items()
    }
    assert texts == {"ga, forget set 5": ["3 of 75 runs diverged"], "gda, forget set 5": []}


def test_a_run_without_scores_but_with_non_finite_margins_is_diverged(scores):
    rows = (scores["method"] == "gda") & (scores["epoch"] == 5) & (scores["kind"] == "grid")
    broken = scores.assign(klom_p95=scores["klom_p95"].mask(rows))
    broken["n_nonfinite"] = broken["n_nonfinite"].mask(rows & (broken["split"] == "retain"), 1)
    table = runs(broken).query("method == 'gda' and kind == 'grid'")
    assert (table["diverged"] == (table["epoch"] == 5)).all()
    assert (table.loc[table["diverged"], list(SPLITS)] == CAP).all(axis=None)


def test_only_a_run_at_the_cap_on_all_splits_is_diverged(scores):
    rows = (scores["method"] == "scrub") & (scores["epoch"] == 7)
    for splits, expected in ((["forget"], False), (SPLITS, True)):
        capped = scores["klom_p95"].mask(rows & scores["split"].isin(splits), CAP + 1e-4)
        table = runs(scores.assign(klom_p95=capped)).query("method == 'scrub' and epoch == 7")
        assert (table["diverged"] == expected).all()
        assert (table["forget"] == CAP).all()


def test_the_star_sits_at_the_corner_of_the_noise_floor(scores):
    figure, drawn = fig7.draw(scores, options=OPTIONS[fig7], study="digits")
    floor = {"forget": 0.7, "retain": 0.62}
    for axes in panels(figure, drawn).values():
        star = next(c for c in axes.collections if c.get_gid() == "oracle")
        assert star.get_offsets().tolist() == [[floor["forget"], floor["retain"]]]
        across, along = axes.patches
        assert (across.get_x(), across.get_width()) == (0, floor["forget"])
        assert (along.get_y(), along.get_height()) == (0, floor["retain"])


def test_figure_2_averages_the_three_splits_from_the_pretrained_model_on(scores):
    figure, drawn = fig2.draw(scores, options=OPTIONS[fig2], study="digits")
    time = drawn[drawn["panel"] == "average against epoch"]
    axes = panels(figure, drawn)["average against epoch"]
    own = scores[(scores["method"] == "ga") & (scores["forget_set"] == 1)]
    kept = own["n_nonfinite"] == 0
    expected = own.assign(klom_p95=own["klom_p95"].where(kept, CAP))
    expected = expected.groupby(["kind", "setting", "epoch"])["klom_p95"].mean()
    found = time[time["method"] == "ga"].set_index(["kind", "setting", "epoch"])["y"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False)

    start = time[time["mark"] == "pretrained"][["x", "y"]].to_numpy().tolist()
    pretrained = scores[(scores["method"] == "pretrained") & (scores["forget_set"] == 1)]
    assert start == [[0, pytest.approx(pretrained["klom_p95"].mean())]]
    lines = [line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata()) > 2]
    runs_of = time[time["method"] == "ga"].sort_values("epoch").groupby(["kind", "setting"])
    assert sorted(lines) == sorted(start + r[["x", "y"]].to_numpy().tolist() for _, r in runs_of)
    assert axes.patches[0].get_height() == pytest.approx((0.7 + 0.62 + 0.66) / 3)


def test_extra_snapshots_appear_against_the_epoch_only(scores):
    _, drawn = fig2.draw(scores, options=OPTIONS[fig2], study="digits")
    epochs = drawn[drawn["method"] == "ga"].groupby("panel")["epoch"].agg(set)
    assert epochs["ga, forget set 1"] == {1, 3, 5, 7, 10}
    assert epochs["average against epoch"] == set(range(1, 11))


def test_the_legend_names_what_occurs_and_nothing_else(scores):
    def entries(table, module=fig6, options=OPTIONS[fig6]):
        figure, _ = module.draw(table, options=options, study="digits")
        return {text.get_text() for legend in figure.legends for text in legend.get_texts()}

    everything = entries(scores)
    assert len(everything) == 9
    few = scores[(scores["kind"] == "baseline") | (scores["kind"] == "grid")]
    few = few[few["n_nonfinite"] == 0]
    assert everything - entries(few) == {
        "run with frozen BatchNorm",
        "control: learning rate 0",
        "diverged run, drawn at the cap",
    }
    rates = entries(scores, fig2, OPTIONS[fig2])
    assert {"0", "1e-5", "5e-5", "0.0001", "0.0005", "0.001", "0.01", "0.05"} < rates


@pytest.mark.parametrize("count", [1, 4, 12])
def test_nothing_is_clipped_and_the_legend_is_below_the_panels(scores, count):
    base = scores[scores["forget_set"] == 1]
    names = [str(i) for i in range(1, count + 1)]
    table = pd.concat([base.assign(forget_set=name) for name in names])
    table.loc[table["method"] == "scrub", "method"] = "a_rather_long_name_of_a_method"
    options = {"methods": ["ga", "gda", "a_rather_long_name_of_a_method"], "forget_sets": names,
               "labels": {name: f"{name}: 1000 top of component 1" for name in names}}  # fmt: skip
    figure, drawn = fig6.draw(table, options=options, study="a_study_with_a_long_name")
    renderer = figure.canvas.get_renderer()
    inside = figure.get_tightbbox(renderer)
    assert min(inside.x0, inside.y0) >= 0
    assert inside.x1 <= figure.get_figwidth() and inside.y1 <= figure.get_figheight()
    lowest = min(axes.get_tightbbox(renderer).y0 for axes in figure.axes)
    legend = figure.legends[0].get_window_extent(renderer)
    note = figure.texts[0].get_window_extent(renderer)
    assert lowest > legend.y1 > legend.y0 > note.y1
    titles = [axes.title.get_window_extent(renderer) for axes in figure.axes if axes.get_title()]
    assert all(a.x1 < b.x0 for a, b in zip(titles, titles[1:], strict=False))
    assert len(drawn["panel"].unique()) == 3 * count


def test_panels_are_titled_by_method_and_label(scores):
    figure, drawn = fig1.draw(scores, options=OPTIONS[fig1], study="digits")
    titles = [" ".join(axes.get_title().split()) for axes in panels(figure, drawn).values()]
    names = ("Gradient Ascent", "Gradient Descent/Ascent")
    assert titles == [f"{name} Forget set 5: 100 top of component 1" for name in names]


def test_costs_are_coloured_on_a_log_scale_only_if_they_span_a_factor_of_50():
    def norm(*costs):
        return cost_norm(pd.DataFrame({"mark": "grid", "relative_cost": costs}))

    assert type(norm(0.01, 0.5)) is Normalize
    assert isinstance(norm(0.0, 0.01, 0.51), LogNorm)


def test_the_same_scores_give_the_same_image(scores):
    images = []
    for table in (scores, scores.sample(frac=1, random_state=1)):
        figure, _ = fig1.draw(table, options=OPTIONS[fig1], study="digits")
        figure.canvas.draw()
        images.append(np.asarray(figure.canvas.buffer_rgba()))
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize(
    "change, options, message",
    [
        (lambda s: s.drop(columns="floor_p95"), {}, "column.*floor_p95"),
        (lambda s: s, {"methods": ["sgd"]}, "'sgd' on forget set '5'"),
        (lambda s: s, {"forget_sets": ["5", "77"]}, "'ga' on forget set '77'"),
        (lambda s: s, {"methods": []}, "option methods"),
        (lambda s: s[s["split"] != "retain"], {}, r"split\(s\) retain"),
        (lambda s: s[(s["split"] != "retain") | (s["method"] != "gda")], {}, "retain.*method gda"),
        (lambda s: pd.concat([s, s.head(1)]), {}, "two rows for method pretrained"),
        (lambda s: s.assign(kind="gird"), {}, "'gird'"),
        (lambda s: s[:0], {}, "^scores has no rows: nothing of the study has been scored.$"),
        (lambda s: s.assign(kind="optimizer"), {}, "other than as_published and optimizer"),
    ],
)
def test_what_is_missing_or_wrong_is_named(scores, change, options, message):
    with pytest.raises(ValueError, match=message):
        fig1.draw(change(scores), options={**OPTIONS[fig1], **options}, study="digits")


def test_figure_2_takes_one_method_and_one_forget_set(scores):
    with pytest.raises(ValueError, match="one name each"):
        fig2.draw(scores, options=OPTIONS[fig1], study="digits")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_contact_sheet_shows_an_even_sample_of_each_set(channels):
    images = np.arange(50, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, channels), "u1")
    labels = [f"class {i}" for i in range(50)]
    figure = forget_sets.draw(
        images, {"1": [7, 3], "2": range(9, 50)}, labels, titles={"2": "Odd ones"}, per_set=4
    )
    first, second = figure.axes
    assert [int(image.get_array().flat[0]) for image in first.images] == [7, 3]
    assert [int(image.get_array().flat[0]) for image in second.images] == [9, 22, 36, 49]
    assert [t.get_text() for t in first.texts] == ["class 7", "class 3", "1 (2 images)"]
    assert second.texts[-1].get_text() == "Odd ones (41 images, 4 shown)"


@pytest.mark.parametrize("indices, message", [([], "no point"), ([1, 5], "0 to 4")])
def test_the_contact_sheet_refuses_impossible_sets(indices, message):
    images = np.zeros((5, 4, 4, 1), np.uint8)
    with pytest.raises(ValueError, match=message):
        forget_sets.draw(images, {"1": indices}, range(5), titles={})
    with pytest.raises(ValueError, match="uint8"):
        forget_sets.draw(images / 1, {"1": [0]}, range(5), titles={})


def test_runs_as_published_and_of_other_optimizers_are_left_out():
    """They have a figure of their own, beside the corrected ones: `protocols`."""
    scores = fake_scores(("ga",), ("1",))
    grid = scores[scores["kind"] == "grid"]
    further = [grid.assign(kind=kind, setting=kind) for kind in ("as_published", "optimizer")]
    with pytest.raises(ValueError, match="two rows"):
        runs(pd.concat([scores, grid]))
    pd.testing.assert_frame_equal(runs(pd.concat([scores, *further])), runs(scores))
    with pytest.raises(ValueError, match="kind of scores holds 'mine'"):
        runs(scores.assign(kind="mine"))


@pytest.mark.parametrize("module", OPTIONS, ids=lambda module: module.__name__[-4:])
def test_who_is_told_the_answer_is_marked(scores, module):
    method = OPTIONS[module]["methods"][0]
    options = {**OPTIONS[module], "told": [method]}
    name = METHOD_NAMES[method]
    assert marks(module.draw(scores, options=options, study="digits")[0], name)
    assert not marks(module.draw(scores, options=OPTIONS[module], study="digits")[0], name)
