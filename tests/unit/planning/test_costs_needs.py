"""The work, disk and memory of what methods ask for, against what jobs really do."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.helpers.configs import study
from tests.helpers.networks import stacks_of, unlearned
from unlearning.computing.batches import Data
from unlearning.computing.sgd import SGD
from unlearning.ensembles import evaluations, training
from unlearning.ensembles.early import EarlyWeights
from unlearning.ensembles.training import Recipe
from unlearning.methods import datamodel_direct, datamodel_matching, oracle_matching, rewind
from unlearning.networks import models, stacking, weights
from unlearning.planning.resources import TRAINING, Needs
from unlearning.study.design import arguments, snapshots
from unlearning.trajectories import given

METHODS = {
    "rewind": rewind,
    "oracle_matching": oracle_matching,
    "datamodel_direct": datamodel_direct,
    "datamodel_matching": datamodel_matching,
}


def small():
    """Return a study of 60 training and 20 validation points, and those points."""
    config = study("digits_needs.yaml")
    config |= {"device": "cpu"}
    config["dataset"] |= {"name": "synthetic", "train": 60, "validation": 20}
    config["architectures"]["mlp"]["hidden"] = 5
    config["computing"] |= {"members_per_stack": 2}
    config["forget_sets"]["1"]["size"] = 6
    generator = torch.Generator().manual_seed(0)
    return config, Data(torch.randn(80, 1, 8, 8, generator=generator), torch.arange(80) % 10)


def build(seed):
    return models.build({"name": "mlp", "hidden": 5}, (1, 8, 8), 10, seed)


@pytest.mark.parametrize("method", METHODS)
def test_sample_gradients_and_steps_are_those_of_a_real_job(method, monkeypatch):
    config, data = small()
    needs = Needs(config)
    name, run = next(iter(needs.trajectories(method, "1").items()))
    job = SimpleNamespace(method=method, trajectory=name, forget_set="1", chunk="0-2")
    steps, original = [], SGD.__init__

    def initialise(self, *positional, **keywords):
        original(self, *positional, **keywords)
        step = self.step
        self.step = lambda loss: (steps.append(1), step(loss))

    monkeypatch.setattr(SGD, "__init__", initialise)
    start = stacking.weights_of(stacking.assemble(build, range(3)))
    recipe = Recipe(**config["training"])
    asked = {
        "rewind": {"early_weights": given.EarlyWeights({6: start, 24: start}, recipe)},
        "oracle_matching": {"oracle_outputs": np.zeros((2, 80, 10), np.float32)},
    }
    axis = snapshots(config, method, "1", run)
    found = unlearned(
        METHODS[method].unlearn,
        arguments(config, method, "1", run),
        build,
        start,
        data,
        np.arange(6),
        np.arange(6, 60),
        [1, 2, 3],
        snapshots=axis,
        execution=stacks_of(needs.stack(32)),
        given=given.Given(**asked.get(method, {"datamodels": np.zeros(80, np.float32)})),
    )
    work = needs.work("unlearn", job)
    assert work.gradients == 3 * max(found.sample_gradients)
    assert work.steps == len(steps)
    teacher = method == "datamodel_matching"
    assert work.evaluations == 3 * 80 * (len(axis) + teacher)
    # Its memory knows what it is given.
    members = (
        2 * 4 * {"rewind": 3 * 3 * needs.network.numbers, "oracle_matching": 8000}.get(method, 80)
    )
    asking, config["methods"][method]["needs"] = needs.memory("unlearn", job), []
    assert asking - Needs(config).memory("unlearn", job) == members


def test_oracles_whose_logits_are_kept_are_trained_as_others_are():
    needs = Needs(small()[0])
    job = SimpleNamespace(forget_set="1", chunk="200-209")
    work, other = needs.work("train_oracle_outputs", job), needs.work("train_oracle", job)
    assert (work.members, work.gradients, work.steps) == (10, other.gradients, other.steps)
    assert work.gradients == 10 * 24 * 54
    assert needs.outputs("train_oracle_outputs", job)["outputs"] == 256 + 4 * 10 * 80 * 10
    assert needs.memory("train_oracle_outputs", job) > 0
    assert "train_oracle_outputs" in TRAINING


def test_early_weights_take_the_disk_that_is_foretold(tmp_path):
    config, data = small()
    config["training"] |= {"epochs": 3, "peak_epoch": 1}
    config["needs"]["early_epochs"] = [1, 2]
    early = EarlyWeights([1, 2])
    training.train_ensemble(
        build,
        data,
        np.tile(np.arange(60), (3, 1)),
        [1, 2, 3],
        Recipe(**config["training"]),
        execution=stacks_of(2),
        snapshots=[3],
        evaluations=evaluations.in_memory(1, 3, 80),
        early=early,
    )
    weights.save_weights(str(tmp_path / "early"), early.joined(), [1, 2, 3])
    size = (tmp_path / "early").stat().st_size
    job = SimpleNamespace(chunk="0-2")
    expected = Needs(config).outputs("train_pretrained", job)["early"]
    assert expected == sum(4 * value.numel() for value in early.joined().values())
    assert 0 <= size - expected < 2000


def test_datamodels_of_validation_points():
    config, _ = small()
    needs = Needs(config)
    assert needs.outputs("fit_validation_datamodels", None)["matrix"] == 256 + 4 * 20 * 60
    job = SimpleNamespace(forget_set="1")
    assert needs.outputs("add_datamodels", job) == {"added": 256 + 4 * 80}
    for rule in ("fit_validation_datamodels", "add_datamodels"):
        assert needs.memory(rule, job) > 0
        assert needs.job_seconds(rule, job, "cpu") > 10
    lasso = needs.job_seconds("fit_validation_datamodels", job, "cpu")
    config["datamodels"]["estimator"] = "mean_difference"
    assert 10 < needs.job_seconds("fit_validation_datamodels", job, "cpu") < lasso
