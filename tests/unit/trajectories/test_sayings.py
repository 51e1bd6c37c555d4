"""Members say something before and after a run, whether its method is of the package or a file."""

from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from tests.helpers import outside
from tests.helpers.networks import small_ensemble
from unlearning.ensembles import checkpoints
from unlearning.ensembles.training import Recipe
from unlearning.methods import ga
from unlearning.trajectories import sayings

RUN = {
    "method": "mine",
    "name": "lr0.1",
    "arguments": {"batch_size": 4, "learning_rate": 0.1, "batch_norm": "train", "epochs": [1, 2]},
    "snapshots": [(1, None), (2, None)],
    "conditions": {"momentum": 0.0, "weight_decay": 0.0, "order": "index", "forget_limit": None},
}


def test_a_method_in_a_file_is_heard_like_one_of_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(sayings, "TEXTS", sayings.SHOWN)
    build, data, _ = small_ensemble("transformer", points=outside.POINTS, members=4)
    prepared = SimpleNamespace(data=data, n_train=outside.TRAIN, builder=lambda model: build)
    recipe = Recipe(
        epochs=1,
        batch_size=10,
        peak_learning_rate=0.1,
        peak_epoch=0.5,
        momentum=0.9,
        weight_decay=0.0,
    )
    study = {"seed": 0, "model": "transformer", "training": asdict(recipe)}
    small = outside.Small(prepared, study, "pretrained", "", outside.MEMBERS, checkpoints.none())

    def table(method):
        weights = outside.weights_of(small)
        return sayings.table(small, "ab", outside.FORGET, weights, [(method, RUN)], "1")

    written = table(outside.load(tmp_path, Path(ga.__file__).read_text()))
    pd.testing.assert_frame_equal(written, table(ga.unlearn))
    assert list(written["method"]) == ["pretrained", "oracle", "mine"]
    assert np.ptp(written["perplexity_forget"]) > 0
