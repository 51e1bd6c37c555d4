"""Scores of a study with all controls, small enough to take apart by hand."""

import numpy as np
import pandas as pd

from unlearning.scoring.differences import Scored
from unlearning.scoring.rows import IDENTITY, MEASURES, SPLITS

EPOCHS = (1, 3)
NOTHING = {"forget": 5.0, "retain": 1.0, "validation": 1.2}
#: What each learning rate adds on top of drift, and with frozen statistics.
ASCENT = {0.0: 0.0, 0.1: 0.5, 0.2: -0.75}
DRIFT, ALONE = 2.0, 0.25
#: Standard deviation of the replicates, on the scale of the bootstrap.
NOISE = 0.003


def run(method, setting, kind, forget_set, score, epoch=1, **said):
    """Return the rows of a run, a split each."""
    own = {"setting": setting, "kind": kind, "epoch": epoch, "in_grid": True, "n_members": 40}
    rows = dict.fromkeys([*IDENTITY, *MEASURES], 0.0) | {"method": method, **own, **said}
    return [
        rows
        | {"forget_set": forget_set, "split": split, "klom_p95": score[split], "floor_p95": 0.9}
        | {"klom_p95_low": score[split] - 0.2, "klom_p95_high": score[split] + 0.2}
        for split in SPLITS
    ]


def moved(by):
    """Return what the pretrained ensemble scores, and so much more."""
    return {split: score + by for split, score in NOTHING.items()}


def rows():
    """Return runs of GA taken apart on two forget sets, and of SCRUB with every flaw."""
    found = []
    for name in ("1", "2"):
        found += run("pretrained", "pretrained", "baseline", name, NOTHING, 0)
        found += run("oracle_floor", "oracle_floor", "baseline", name, dict.fromkeys(SPLITS, 0.9))
        for rate, ascent in ASCENT.items():
            for epoch in EPOCHS:
                kind = "grid" if rate else "zero_learning_rate"
                said = {"learning_rate": rate, "batch_norm": "train", "epoch": epoch}
                score = moved(DRIFT * epoch + ascent)
                found += run("ga", f"lr{rate:g}", kind, name, score, **said)
                if rate:
                    said["batch_norm"] = "frozen"
                    score = moved(ALONE * (ascent > 0))
                    setting = f"lr{rate:g}_bn-frozen"
                    found += run("ga", setting, "frozen_batch_norm", name, score, **said)
        said = {"learning_rate": 0.1, "ascent_epochs": 1.0}
        found += run("scrub", "lr0.1", "grid", name, moved(-3), **said)
        heavy = {**said, "momentum": 0.9, "weight_decay": 5e-4}
        found += run("scrub", "lr0.1_momentum0.9", "optimizer", name, moved(-4), **heavy)
        still = {**said, "student": "frozen"}
        found += run("scrub", "lr0.1_student-frozen", "as_published", name, NOTHING, **still)
        flawed = {**still, "order": "index"}
        found += run("scrub", "lr0.1_order", "as_published", name, moved(0.001), **flawed)
    cut = {**flawed, "forget_limit": 50.0}
    return found + run("scrub", "lr0.1_order_first50", "as_published", "2", moved(-1), **cut)


def scored(found=None, repeats=40):
    """Return scores with replicates: of a run their own, or those of doing nothing."""
    table = pd.DataFrame(rows() if found is None else found).fillna({"in_grid": True})
    rng = np.random.default_rng(0)
    deviations = rng.normal(scale=NOISE, size=(len(table), repeats))
    splits = table["split"].map(list(SPLITS).index)
    shared = rng.normal(scale=NOISE, size=(len(SPLITS), repeats))
    nothing = (table["klom_p95"] - table["split"].map(NOTHING)).abs() < 1e-9
    deviations[nothing] = shared[splits[nothing]]
    return Scored(table, deviations.astype(np.float32))
