"""Weights on the way are those that training had there, whatever stacks and interruptions."""

import pytest
import torch

from tests.helpers.networks import small_ensemble, stacks_of, trained
from unlearning.artifacts.files import ArtifactError
from unlearning.computing.sgd import SGD
from unlearning.ensembles import training
from unlearning.ensembles.checkpoints import Checkpoint
from unlearning.ensembles.early import EarlyWeights, load_early_weights
from unlearning.networks import stacking
from unlearning.networks.weights import save_weights

RECIPE = training.Recipe(
    epochs=4, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)
SEEDS = [1, 2, 3]


def train(early, stacks=2, **options):
    build, data, subsets = small_ensemble("resnet9", points=30, members=3)
    return trained(
        build, data, subsets, SEEDS, RECIPE, snapshots=[4], execution=stacks_of(stacks),
        early=early, **options,
    )  # fmt: skip


def by_steps(member, epochs):
    """Return the weights of one member as training it by itself has them."""
    build, data, subsets = small_ensemble("resnet9", points=30, members=3)
    network = stacking.assemble(build, SEEDS[member : member + 1])
    optimizer = SGD(network, momentum=0.9, weight_decay=5e-4)
    points = torch.from_numpy(subsets[member : member + 1])
    seeds, found = SEEDS[member : member + 1], {}
    for epoch in training.train(network, data, points, seeds, RECIPE, optimizer, stacks_of(1)):
        if epoch in epochs:
            found[epoch] = stacking.weights_of(network)
    return found


def test_weights_on_the_way_are_kept_and_training_is_the_same():
    early = EarlyWeights([1, 3])
    with_them, without = train(early), train(None)
    for name, value in without.weights.items():
        assert torch.equal(with_them.weights[name], value)
    joined = early.joined()
    for member in range(3):
        for epoch, weights in by_steps(member, [1, 3]).items():
            for name, value in weights.items():
                found = joined[f"{epoch}.{name}"][member : member + 1]
                torch.testing.assert_close(found, value, rtol=1e-3, atol=1e-4)
    assert len(joined) == 2 * len(without.weights)


def test_an_interrupted_job_still_has_them(tmp_path, monkeypatch):
    whole, early = EarlyWeights([1, 3]), EarlyWeights([1, 3])
    train(whole)
    save, saved = Checkpoint.save, []

    def interrupted(self, name, *state):
        save(self, name, *state)
        saved.append(name)
        if len(saved) == 4:  # the first stack ended, the second had two epochs
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(EarlyWeights([1, 3]), checkpoint=Checkpoint(tmp_path, "key", 2))
    monkeypatch.setattr(Checkpoint, "save", save)
    resumed = Checkpoint(tmp_path, "key", 2)
    train(early, checkpoint=resumed)
    assert resumed.resumed
    for name, value in whole.joined().items():
        assert torch.equal(early.joined()[name], value), name


def test_a_file_of_other_epochs_or_members_is_refused(tmp_path):
    early, path = EarlyWeights([1, 3]), str(tmp_path / "early.safetensors")
    train(early)
    save_weights(path, early.joined(), SEEDS)
    found = load_early_weights(path, SEEDS, [3, 1])
    for epoch, weights in found.items():
        for name, value in weights.items():
            assert torch.equal(value, early.joined()[f"{epoch}.{name}"])
    with pytest.raises(ArtifactError, match="other epochs than 1, 2"):
        load_early_weights(path, SEEDS, [1, 2])
    with pytest.raises(ArtifactError, match="other seeds"):
        load_early_weights(path, [1, 2, 4], [1, 3])
