"""What a method asked for reaches it: checked, its own members' part, and by keyword."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.helpers.networks import stacks_of, unlearned
from tests.helpers.pixels import OTHER, PIXEL, make_learner, network
from unlearning.artifacts.files import ArtifactError, save_array, save_record
from unlearning.ensembles.training import Recipe
from unlearning.networks import stacking, weights
from unlearning.study.seeds import member_seeds
from unlearning.trajectories.given import EarlyWeights, Given, load_given
from unlearning.trajectories.learner import Snapshot

TRAINING = {
    "epochs": 4, "batch_size": 2, "peak_learning_rate": 0.1, "peak_epoch": 2,
    "momentum": 0.9, "weight_decay": 0.0,
}  # fmt: skip
SEEDS = [11, 12, 13]


def ensemble(offset=0.0):
    found = stacking.weights_of(stacking.assemble(network, range(3)).double())
    return {name: value + offset for name, value in found.items()}


def test_each_stack_gets_its_own_members_part():
    seen, outputs = [], np.arange(16, dtype=np.float32).reshape(2, 4, 2)
    added = np.arange(4, dtype=np.float32)

    def curious(learner, *, early_weights, oracle_outputs, datamodels, epochs):
        assert early_weights.recipe == Recipe(**TRAINING)
        assert datamodels.dtype == oracle_outputs.dtype == torch.float64
        seen.append((early_weights, oracle_outputs, datamodels))
        yield Snapshot(learner, *epochs)

    early = {2: ensemble(1.0), 4: ensemble()}
    unlearned(
        curious,
        {"epochs": [1]},
        network,
        ensemble(),
        make_learner().data,
        PIXEL,
        OTHER,
        [5, 6, 7],
        snapshots=[(1, None)],
        execution=stacks_of(2),
        given=Given(EarlyWeights(early, Recipe(**TRAINING)), outputs, added),
    )
    assert [len(weights[2]["1.weight"]) for weights, _, _ in seen] == [2, 1]
    for epoch, whole in early.items():
        joined = stacking.concatenate([weights[epoch] for weights, _, _ in seen])
        assert torch.equal(joined["1.weight"], whole["1.weight"])
    for _, logits, points in seen:
        np.testing.assert_array_equal(logits.numpy(), outputs)
        np.testing.assert_array_equal(points.numpy(), added)


@pytest.fixture
def job(tmp_path):
    """The files of a job whose method asks for everything, and what its run says of them."""
    flat = {f"2.{name}": value for name, value in ensemble(1.0).items()}
    files = {
        "early_weights": [f"{tmp_path}/0-2.early.safetensors"],
        "oracle_outputs": [f"{tmp_path}/6-7.npy", f"{tmp_path}/6-7.json"],
        "datamodels": [f"{tmp_path}/added.npy"],
    }
    weights.save_weights(files["early_weights"][0], flat, SEEDS)
    save_array(files["oracle_outputs"][0], np.ones((2, 4, 3), np.float32))
    save_array(files["datamodels"][0], np.ones(4, np.float32))
    record = {"members": [6, 7], "seeds": member_seeds(0, "oracle", "1", [6, 7])}
    save_record(files["oracle_outputs"][1], record | {"sample_gradients": 99})
    needs = {
        "early_weights": {"epochs": [2], "training": TRAINING},
        "oracle_outputs": {"members": [6, 7]},
        "datamodels": {"sample_gradients": 7},
    }
    prepared = SimpleNamespace(data=SimpleNamespace(labels=range(4)), classes=3)
    return SimpleNamespace(
        files=files,
        needs=needs,
        chunk=SimpleNamespace(prepared=prepared, study={"seed": 0}, forget_set="1"),
    )


def load(job, seeds=SEEDS):
    return load_given(job.needs, job.files, job.chunk, ensemble(), seeds)


def test_what_is_asked_for_is_read_and_its_cost_is_known(job):
    found = load(job)
    assert set(found.early_weights) == {2, 4}  # the end is what is unlearned from
    assert torch.equal(found.early_weights[4]["1.weight"], ensemble()["1.weight"])
    assert torch.equal(found.early_weights[2]["1.weight"], ensemble(1.0)["1.weight"])
    assert found.oracle_outputs.shape == (2, 4, 3)
    assert found.gradients == {"oracle_outputs": 99, "datamodels": 7}


def test_early_weights_of_other_members_are_refused(job):
    with pytest.raises(ArtifactError, match="early.safetensors holds members of other seeds"):
        load(job, [11, 12, 14])


def test_oracles_of_another_forget_set_or_number_are_refused(job):
    job.chunk.forget_set = "2"
    with pytest.raises(ArtifactError, match=r"6-7\.json holds other seeds"):
        load(job)
    job.chunk.forget_set = "1"
    job.needs["oracle_outputs"]["members"] = [6, 7, 8]
    with pytest.raises(ArtifactError, match=r"6-7\.json holds other members"):
        load(job)


def test_a_damaged_file_is_refused_by_name(job):
    path = Path(job.files["datamodels"][0])
    content = bytearray(path.read_bytes())
    content[130] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"added\.npy is damaged"):
        load(job)


def test_a_file_of_a_users_own_is_given_by_its_path():
    prepared = SimpleNamespace(data=make_learner().data, classes=2)
    asked, files = {"teacher": {"input": "file_teacher"}}, {"teacher": ["a/b.pt"]}
    given = load_given(asked, files, SimpleNamespace(prepared=prepared), ensemble(), SEEDS)
    assert given.of_stack(slice(0, 1), prepared.data) == {"teacher": "a/b.pt"}
