"""From margins to both tables, on ensembles whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from unlearning.answer.stability_table import Study, subsampled_tables
from unlearning.artifacts.stored import Ensemble, Run
from unlearning.scoring import scores
from unlearning.scoring.differences import Scored
from unlearning.scoring.scores import Scoring

SPLITS = {"forget": np.arange(8), "retain": np.arange(8, 60), "validation": np.arange(60, 100)}
SCORING = Scoring(variant="default", clip=100.0, bootstrap=20, seed=0)
EPOCHS = [1, 2, 3]


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(0)
    oracle = rng.normal(size=(40, 100)).astype(np.float32)
    pretrained = rng.normal(size=(20, 100)).astype(np.float32)
    margins = np.stack([pretrained + np.float32(step) for step in (0.5, 1.0, 2.0)])
    description = {
        "method": "ga",
        "name": "lr1",
        "kind": "grid",
        "hyperparameters": {"learning_rate": 1.0},
        "snapshots": [[epoch, None] for epoch in EPOCHS],
        "grid": EPOCHS,
        "looked_at": [[1, None], [3, None]],
    }
    rows, deviations = [], []
    for epoch, each in zip(EPOCHS, margins, strict=True):
        found, _, deviation = scores.score(each, each > 0, oracle[:20], SPLITS, SCORING)
        known = {"method": "ga", "setting": "lr1", "epoch": epoch, "forget_set": "1"}
        rows += [{**known, **row} for row in found]
        deviations.append(deviation)
    scored = Scored(pd.DataFrame(rows), np.concatenate(deviations).astype(np.float32))
    run = Run(description, Ensemble([{}], [margins], []))
    study = Study("1", SPLITS, SCORING, [5, 10, 20], [5, 10, 20, 50], 30)
    return (*subsampled_tables(study, oracle, pretrained, [run], scored), scored.table)


def test_every_ensemble_that_is_looked_at_has_its_rows(tables):
    stability, ranking, _ = tables
    runs = stability.drop_duplicates(["method", "setting", "epoch"])
    assert list(zip(runs["method"], runs["epoch"], strict=True)) == [
        ("gaussian_floor", 0), ("oracle_floor", 0), ("pretrained", 0), ("ga", 1), ("ga", 3),
    ]  # fmt: skip
    assert (ranking["runs"] == 2).all() and (ranking["pairs"] == 1).all()
    gaussian = stability[stability["method"] == "gaussian_floor"]
    assert set(gaussian["n_members"]) == {5, 10, 20, 50}


def test_equal_ensembles_are_at_the_floor_at_every_n(tables):
    stability = tables[0]
    rows = stability[(stability["method"] == "pretrained") & (stability["split"] != "forget")]
    assert ((rows["excess_low"] < 0) & (rows["excess_high"] > 0)).all()
    p95 = rows[(rows["measure"] == "p95") & (rows["split"] == "retain")]
    assert np.allclose(p95["floor"], p95["gaussian_floor"], rtol=0.1)
    assert p95["score"].is_monotonic_decreasing
    floor = stability[stability["method"] == "oracle_floor"]
    assert (floor["score"] == floor["floor"]).all() and (floor["excess"] == 0).all()


def test_with_all_members_scores_are_those_of_the_study(tables):
    """But for the oracles, which are drawn from both ensembles."""
    stability, _, scored = tables
    rows = stability[(stability["n_members"] == 20) & (stability["measure"] == "p95")]
    for epoch in (1, 3):
        mine = rows[(rows["method"] == "ga") & (rows["epoch"] == epoch)].set_index("split")
        theirs = scored[scored["epoch"] == epoch].set_index("split")["klom_p95"]
        assert (mine["score_low"] - 1 < theirs[mine.index]).all()
        assert (theirs[mine.index] < mine["score_high"] + 1).all()


def test_a_run_that_is_farther_away_is_ordered_so(tables):
    ranking = tables[1]
    found = ranking[(ranking["split"] == "average") & (ranking["n_members"] >= 10)]
    assert (found["agreement"] == 1).all()
