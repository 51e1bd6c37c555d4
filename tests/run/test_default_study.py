"""What the default study produced."""

import re
from hashlib import sha256
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.helpers.exploring import held
from tests.helpers.study import snakemake
from unlearning.artifacts.files import load_record
from unlearning.exploring.points import RUN
from unlearning.scoring.klom import CAP, klom
from unlearning.scoring.rows import SPLITS

SETS = [str(number) for number in range(1, 10)]


@pytest.fixture(scope="session")
def results(finished):
    return finished / "results" / "digits"


@pytest.fixture(scope="session")
def scores(results):
    return pd.read_csv(results / "scores.csv", dtype={"forget_set": str})


def p95(scores, method, split, **where):
    rows = scores[(scores["method"] == method) & (scores["split"] == split)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows.set_index("forget_set")["klom_p95"]


def test_every_artifact_has_its_shape(results):
    shapes = {
        "pretrained/0-99.npy": (100, 1797),
        "oracle/4/100-199.npy": (5, 100, 1797),
        "unlearned/ga/lr0.01/1/0-99.npy": (10, 100, 1797),
        "unlearned/ga/lr0.01/2/0-99.npy": (5, 100, 1797),
        "unlearned/gda/lr0.1_forgetbatch32/9/0-99.npy": (6, 100, 1797),
        "datamodels/matrix.npy": (1347, 1347),
        "datamodels/components.npy": (2, 1347),
    }
    for name, shape in shapes.items():
        assert np.load(results / name, mmap_mode="r").shape == shape, name


def test_forget_sets_are_what_the_config_says(results, finished):
    config = yaml.safe_load((finished / "config.yaml").read_text())
    projections = np.load(results / "datamodels" / "projections.npy")
    for name, definition in config["forget_sets"].items():
        indices = np.load(results / "forget_sets" / f"{name}.npy")
        assert len(set(indices)) == definition["size"]
        assert indices.min() >= 0
        assert indices.max() < 1347
        if definition["kind"] == "top":
            column = projections[:, definition["component"] - 1]
            assert column[indices].min() >= np.delete(column, indices).max()


def test_scores_are_complete_and_finite(scores):
    assert set(scores["method"]) == {
        "pretrained",
        "oracle_floor",
        "oracle_stopped",
        "ga",
        "gda",
        "scrub",
    }
    assert set(scores["forget_set"]) == set(SETS)
    assert not scores.duplicated(["method", "setting", "epoch", "forget_set", "split"]).any()
    measures = ["klom_p95", "klom_p95_low", "klom_p95_high", "klom_p99", "klom_mean", "floor_p95"]
    assert np.isfinite(scores[[*measures, "accuracy", "relative_cost", "seconds"]]).all().all()
    assert scores["klom_p95"].between(0, CAP + 1e-9).all()
    assert (scores["klom_p95_low"] <= scores["klom_p95_high"]).all()
    assert (scores["n_members"] == 100).all()


def test_a_sampled_row_follows_from_the_margins(scores, results):
    oracle = np.load(results / "oracle" / "2" / "0-99.npy")[-1]
    margins = np.load(results / "unlearned" / "ga" / "lr0.03" / "2" / "0-99.npy")
    points = klom(np.clip(margins[2], -100, 100), np.clip(oracle, -100, 100))
    forget = np.load(results / "forget_sets" / "2.npy")
    row = scores[
        (scores["setting"] == "lr0.03")
        & (scores["epoch"] == 5)
        & (scores["forget_set"] == "2")
        & (scores["split"] == "forget")
    ]
    assert row["klom_p95"].item() == pytest.approx(np.percentile(points[forget], 95))
    assert row["relative_cost"].item() == pytest.approx(5 * 50 / (24 * 1297))


def test_the_floor_is_below_pretrained_on_every_forget_set(scores):
    floor = p95(scores, "oracle_floor", "forget")
    assert (floor < p95(scores, "pretrained", "forget")).all()
    for split in ("retain", "validation"):
        assert p95(scores, "oracle_floor", split).between(0.5, 0.9).all()


def test_without_a_learning_rate_a_perceptron_does_not_move(scores):
    for method in ("ga", "gda", "scrub"):
        control = scores[(scores["method"] == method) & (scores["kind"] == "zero_learning_rate")]
        assert set(control["forget_set"]) == set(SETS)
        for split in ("forget", "retain", "validation"):
            still = control[control["split"] == split].set_index("forget_set")["klom_p95"]
            expected = p95(scores, "pretrained", split)
            assert (still == expected[still.index]).all()


def test_scrub_moves(scores):
    """Nearer to the oracles than the pretrained members, beyond both intervals.

    But for one forget set at most: the first holds ten random points.
    """
    forget = scores[scores["split"] == "forget"]
    moved = forget[(forget["method"] == "scrub") & (forget["kind"] == "grid")]
    nearest = moved.loc[moved.groupby("forget_set")["klom_p95"].idxmin()].set_index("forget_set")
    still = forget[forget["method"] == "pretrained"].set_index("forget_set").loc[nearest.index]
    assert (nearest["klom_p95_high"] < still["klom_p95_low"]).sum() >= len(SETS) - 1
    assert (nearest["klom_p95"] < still["klom_p95_high"]).all()
    assert (moved.groupby("forget_set")["klom_p95"].nunique() > 4).all()  # of six settings


def test_pretrained_members_are_accurate(scores):
    accuracy = scores[scores["method"] == "pretrained"].groupby("split")["accuracy"].mean()
    assert accuracy["retain"] > 0.99
    assert accuracy["validation"] > 0.97


def test_datamodels_predict_models_they_never_saw(results):
    quality = pd.read_csv(results / "datamodels" / "quality.csv")
    assert quality["score"].mean() > 0.4
    explained = pd.read_csv(results / "datamodels" / "explained.csv")["explained"]
    assert explained.is_monotonic_decreasing
    assert explained.between(0, 1).all()


@pytest.mark.parametrize("figure", ["fig1", "fig2", "fig5", "fig6", "fig7"])
def test_figures_are_drawn_with_their_tables(results, figure):
    folder = results / "figures"
    assert (folder / f"{figure}.png").stat().st_size > 20_000
    assert (folder / f"{figure}.pdf").read_bytes().startswith(b"%PDF")
    drawn = pd.read_csv(folder / f"{figure}.csv")
    assert {"pretrained", "oracle_floor"} <= set(drawn["method"])
    assert drawn["x"].between(0, CAP + 1e-9).all()


def test_the_report_is_one_page_with_its_captions(finished, tmp_path):
    page = tmp_path / "report.html"
    snakemake(finished, "--report", page)
    text = page.read_text()
    for caption in ("Ascent on one forget set", "When to stop", "Easy and hard forget sets"):
        assert caption in text
    assert "noise floor" in text
    assert "What stands behind the figures" in text
    assert "results/digits/provenance/study/report.html" in text


def test_the_page_to_explore_shows_the_scores_and_is_in_the_report(
    finished, results, scores, tmp_path
):
    printed = snakemake(finished, "explore")
    assert re.search(r"\b(\d+) of \1 ", printed)
    assert "Look first at" in printed and "explore.html" in printed
    shown = pd.DataFrame(held((results / "explore.html").read_text())["runs"]).set_index(RUN)
    assert set(shown.index.get_level_values("method")) == set(scores["method"])
    for split in SPLITS:
        rows = scores[scores["split"] == split]
        assert len(shown) == (rows["in_grid"] | (rows["kind"] == "baseline")).sum()
        rows = rows.set_index(RUN)
        np.testing.assert_array_equal(shown[split], rows.loc[shown.index, "klom_p95"])
    report = tmp_path / "report.html"
    snakemake(finished, "explore", "--report", report)
    held_in_report = (results / "explore" / "report.html").read_text()
    assert held_in_report == (results / "explore.html").read_text()
    assert "results/digits/explore/report.html" in report.read_text()
    zipped = tmp_path / "report.zip"
    snakemake(finished, "explore", "--report", zipped)
    with ZipFile(zipped) as files:
        [page] = [name for name in files.namelist() if name.endswith("explore.html")]
        assert files.read(page) == (results / "explore.html").read_bytes()


def test_every_figure_is_traced(results):
    traced = load_record(str(results / "provenance" / "study.json"))
    page = (results / "provenance" / "study.html").read_text()
    files = [*(results / "figures").iterdir(), *(results.parent / "theory" / "figures").iterdir()]
    checksums = {sha256(path.read_bytes()).hexdigest() for path in files}
    figures = traced["figures"].values()
    assert {checksum for facts in figures for checksum in facts["files"].values()} == checksums
    assert all(checksum in page for checksum in checksums)
    work = traced["figures"]["fig5"]["work"]
    assert {rule: stage["members"] for rule, stage in work.items()} == {
        "train_datamodels": 1000,
        "train_pretrained": 100,
        "train_oracle": 600,
        "unlearn": 1800,
    }
    assert sum(work["unlearn"]["devices"].values()) == work["unlearn"]["jobs"] == 18


def test_the_theory_has_a_verdict_on_every_statement(finished):
    table = pd.read_csv(finished / "results" / "theory" / "lemmas.csv", keep_default_na=False)
    assert {f"Lemma {number}" for number in range(1, 14)} <= set(table["name"])
    assert table["verdict"].str.match("holds$|holds when .|fails$").all()
    violated = table["violations"] > 0
    assert (violated == (table["verdict"] != "holds")).all()
    assert (table.loc[violated, "counterexample"] != "").all()
    page = (finished / "results" / "theory" / "lemmas.html").read_text()
    assert page.count("<tr><td>") == len(table)
    for name in ("fig3", "fig4", "escape", "logistic"):
        for suffix in ("png", "pdf", "csv"):
            path = finished / "results" / "theory" / "figures" / f"{name}.{suffix}"
            assert path.stat().st_size > 1000, path


def test_oracles_on_random_sets_are_within_what_lemma_1_allows(results):
    drawn = pd.read_csv(results / "figures" / "random_sets.csv", dtype={"forget_set": str})
    oracles = drawn[drawn["mark"] == "oracle"]
    assert set(oracles["forget_set"]) == {"1", "2", "3"}
    assert (oracles["y"] < oracles["allowed_gap"]).all()
    by_control = drawn[drawn["mark"] == "zero_learning_rate"].groupby("forget_set")["y"]
    pretrained = drawn[drawn["mark"] == "pretrained"].groupby("forget_set")["y"].first()
    assert (by_control.first() == pretrained).all() and (by_control.last() == pretrained).all()
