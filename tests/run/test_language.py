"""A small language model from names to scores, to what it says, and to the page."""

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.helpers.study import copy_repository, snakemake
from unlearning.artifacts.files import load_record
from unlearning.artifacts.tables import load_table, read_csv

OVERLAY = {
    "study": "few_names",
    "device": "cpu",
    "dataset": {"train": 400, "validation": 100},
    "training": {"epochs": 2, "peak_epoch": 1},
    "ensemble": {"members": 4, "floor_members": 4, "chunk": 4},
    "oracle_stopped_epochs": [1],
    "run": {"forget_sets": ["prefix", "finnish"], "methods": ["ga", "npo"]},
    "figures": {"fig1": {"forget_sets": ["prefix"]}, "fig2": {"forget_sets": ["prefix"]},
                "fig5": {"forget_sets": ["prefix"]}},
    "klom": {"bootstrap": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    copy_repository(folder)
    (folder / "few.yaml").write_text(yaml.safe_dump(OVERLAY))
    targets = ["scores", "explore", "forget_sets", "results/few_names/texts/finnish.html"]
    snakemake(folder, *targets, "--configfile", "studies/names.yaml", "few.yaml")
    return folder / "results" / "few_names"


def test_margins_are_of_tokens_and_scores_of_names(results):
    record = load_record(str(results / "data" / "dataset.json"))
    columns = sum(record["lengths"])
    assert len(record["lengths"]) == 500 < columns
    margins = np.load(results / "pretrained" / "0-3.npy")
    assert margins.shape == (4, columns) and np.isfinite(margins).all()
    scores = read_csv(results / "scores.csv")
    assert set(scores["n_points"][scores["split"] == "validation"]) == {100}
    assert (scores["n_points"][scores["forget_set"] == "finnish"].groupby(
        scores["split"]).first() == pd.Series({"forget": 40, "retain": 360, "validation": 100})
    ).all()  # fmt: skip
    still = scores[(scores["method"] == "ga") & (scores["learning_rate"] == 0)]
    nothing = scores[scores["method"] == "pretrained"]
    for name in ("klom_p95", "klom_reversed_mean", "loss"):  # no BatchNorm, and so no drift
        at_rest = still.groupby(["forget_set", "split"])[name].first()
        before = nothing.groupby(["forget_set", "split"])[name].first()
        np.testing.assert_allclose(at_rest, before, rtol=1e-6, err_msg=name)


def test_members_say_what_they_say(results):
    said = load_table(str(results / "texts" / "finnish.csv"))
    assert said["method"].tolist()[:3] == ["pretrained", "oracle", "ga"]
    assert said["in_retain"].between(0, 1).all() and said["distinct"].between(0, 1).all()
    scores = read_csv(results / "scores.csv")
    rows = scores[(scores["method"] == "pretrained") & (scores["forget_set"] == "finnish")]
    loss = rows.loc[rows["split"] == "validation", "loss"].item()
    found = said.loc[said["method"] == "pretrained", "perplexity_validation"].item()
    assert found == pytest.approx(np.exp(loss), rel=1e-4)  # the same four members


def test_the_page_shows_names(results):
    page = (results / "explore.html").read_text()
    assert '"texts":{' in page and "The sequences behind a run" in page
