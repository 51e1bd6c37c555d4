"""The answer of a small study with BatchNorm, from nothing to its page."""

import pytest
import yaml

from tests.helpers.study import copy_repository, planned, snakemake
from unlearning.answer.claims import CLAIMS
from unlearning.artifacts.tables import read_csv

ONE_EPOCH = {"epochs": [1], "ascent_epochs": [1]}
CONTROLS = [{"learning_rate": [0.0]}, {"batch_norm": ["frozen"]}]
OVERLAY = {
    "study": "small",
    "device": "cpu",
    "dataset": {"train": 150, "validation": 80},
    "architectures": {"resnet9": {"width": 0.0625}},
    "training": {"epochs": 2, "peak_epoch": 1, "batch_size": 50},
    "ensemble": {"members": 10, "floor_members": 10, "chunk": 5},
    "oracle_stopped_epochs": [1],
    "datamodels": {"models": 20, "chunk": 20, "held_out": 5, "estimator": "mean_difference"},
    "forget_sets": {"1": {"size": 10}, "5": {"size": 10}, "6": {"size": 20}},
    "run": {"forget_sets": ["1", "6"]},
    "methods": {
        "ga": {
            "sweep": {"learning_rate": [1.0e-2, 5.0e-2]},
            "snapshots": {"epochs": [1, 2]},
            "controls": [
                {"learning_rate": [0.0]},
                {"learning_rate": [5.0e-2], "batch_norm": ["frozen"]},
                {"learning_rate": [5.0e-2], "order": ["index"], "forget_limit": [15]},
            ],
        },
        "gda": {"sweep": {"learning_rate": [2.0e-1]}, "snapshots": ONE_EPOCH, "controls": CONTROLS},
        "scrub": {
            "sweep": {"learning_rate": [5.0e-3]},
            "snapshots": ONE_EPOCH,
            "controls": [*CONTROLS, {"student": ["frozen"]}],
        },
    },
    "klom": {"bootstrap": 10},
    "stability": {"members": [5, 10], "subsamples": 4},
    "influence": {
        "random": {"sizes": [5, 10], "of_each": 3},
        "components": {"sizes": [6, 10]},
        "damage": ["pretrained"],
        "bootstrap": 100,
    },
}
OVERLAY["run"]["methods"] = ["ga", "scrub"]
OVERLAY["figures"] = {name: {"methods": ["ga"]} for name in ("fig1", "fig5")}
ARGUMENTS = ["answer", "--configfile", "studies/digits_resnet9.yaml", "small.yaml"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answer")
    copy_repository(folder)
    (folder / "small.yaml").write_text(yaml.safe_dump(OVERLAY))
    snakemake(folder, *ARGUMENTS)
    return folder


def test_every_claim_is_judged_on_the_page(folder):
    results = folder / "results" / "small"
    verdicts = read_csv(results / "answer.csv", comment=None)
    assert list(verdicts["name"]) == [claim.name for claim in CLAIMS]
    not_tested = verdicts.loc[verdicts["verdict"] == "not tested", "name"]
    assert list(not_tested) == ["sensitive"]  # SCRUB has one run on each set
    page = (results / "answer.html").read_text()
    assert page.count("<figure ") == 8
    assert "nan" not in " ".join(verdicts["because"])
    for figure in ("controls", "protocols", "stability", "selection", "influence"):
        for end in (".png", ".pdf", ".csv"):
            assert (results / "figures" / f"{figure}{end}").stat().st_size


def test_what_is_drawn_is_what_the_controls_say(folder):
    results = folder / "results" / "small"
    parts = read_csv(results / "controls" / "decomposition.csv")
    keys = ["method", "forget_set", "learning_rate", "epoch", "split"]
    total = parts[parts["part"] == "total"].set_index(keys)["difference"]
    on_drift = parts[parts["part"] == "ascent on drift"].set_index(keys)["difference"]
    drift = parts[parts["part"] == "drift"].set_index(keys).droplevel("learning_rate")["difference"]
    sums = on_drift + drift.reindex(on_drift.index.droplevel("learning_rate")).to_numpy()
    assert len(total) and (total - sums).abs().max() < 1e-9


def test_another_rule_of_a_verdict_trains_nothing(folder):
    path = folder / "unlearning" / "answer" / "judging.py"
    text = path.read_text()
    path.write_text(text.replace("NEAR = 0.1", "NEAR = 0.2"))
    assert planned(folder, *ARGUMENTS) == {"write_answer": 1, "answer": 1}
    path.write_text(text)
