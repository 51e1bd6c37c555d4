"""All methods in one small league, from nothing: each at zero strength does nothing at all."""

import pytest
import yaml

from tests.helpers.study import copy_repository, planned, snakemake
from unlearning.artifacts.tables import read_csv
from unlearning.scoring.rows import read_scores

STILL = ("zero_learning_rate", "zero_strength")
OVERLAY = {
    "study": "small",
    "device": "cpu",
    "dataset": {"train": 300, "validation": 100},
    "training": {"batch_size": 50},
    "ensemble": {"members": 4, "floor_members": 4, "chunk": 4},
    "datamodels": {"models": 40, "chunk": 40, "held_out": 8, "estimator": "mean_difference"},
    "needs": {"oracles": 2},
    "run": {"forget_sets": ["1"]},
    "stability": {"forget_sets": ["1"]},
    "klom": {"bootstrap": 10},
}
ARGUMENTS = ["league", "--configfile", "studies/digits_league.yaml", "small.yaml"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods")
    copy_repository(folder)
    (folder / "small.yaml").write_text(yaml.safe_dump(OVERLAY))
    snakemake(folder, *ARGUMENTS)
    return folder


@pytest.fixture(scope="module")
def scores(folder):
    klom = folder / "results" / "small" / "klom"
    return read_scores([str(path) for path in sorted(klom.glob("*/1.csv"))])


def test_zero_strength_leaves_every_score_as_it_is(folder, scores):
    methods = yaml.safe_load((folder / "studies" / "digits_league.yaml").read_text())["run"]
    measures = ["split", "klom_p95", "klom_mean", "accuracy", "loss"]
    nothing = scores.loc[scores["method"] == "pretrained", measures].to_numpy().tolist()
    still = scores[scores["kind"].isin(STILL)]
    assert set(still["method"]) == set(methods["methods"])
    for _, run in still.groupby(["method", "setting", "epoch"]):
        assert run[measures].to_numpy().tolist() == nothing, run["method"].iloc[0]


def test_every_method_does_something_at_its_own_strength(scores):
    nothing = scores[scores["method"] == "pretrained"].set_index("split")["loss"]
    grid = scores[scores["kind"] == "grid"]
    moved = grid["loss"].to_numpy() != nothing.reindex(grid["split"]).to_numpy()
    assert grid.assign(moved=moved).groupby("method")["moved"].any().all()


def test_the_league_has_all_of_them_and_says_who_is_told_the_answer(folder, scores):
    table = read_csv(folder / "results" / "small" / "league.csv")
    methods = set(scores.loc[scores["kind"] == "grid", "method"])
    assert len(methods) == 15 and methods <= set(table["method"])
    assert set(table.loc[table["told"], "method"]) == {"oracle_matching"}
    assert "Infinity" not in (folder / "results" / "small" / "league.json").read_text()


def test_what_a_method_asks_for_is_made_once_and_read_whole(folder):
    assert planned(folder, *ARGUMENTS) == {}
    given = folder / "results" / "small" / "given" / "datamodels" / "forget_sets" / "1.npy"
    content = given.read_bytes()
    for path in (folder / "results" / "small" / "unlearned" / "datamodel_direct").glob(
        "*1/1/*.npy"
    ):
        path.unlink()
    given.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    printed = snakemake(folder, *ARGUMENTS, "--rerun-triggers", "input", check=False)
    given.write_bytes(content)
    assert "given/datamodels/forget_sets/1.npy" in printed and "ArtifactError" in printed
