"""An interrupted job goes on from its last state, and ends as if nothing had happened."""

import logging
import os
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.helpers.networks import GDA, NETWORKS, small_ensemble, stacks_of, trained, unlearned
from unlearning.computing import devices
from unlearning.ensembles import training
from unlearning.ensembles.checkpoints import Checkpoint, fingerprint, of_job
from unlearning.methods import gda

RECIPE = training.Recipe(
    epochs=5, batch_size=8, peak_learning_rate=0.1, peak_epoch=1, momentum=0.9, weight_decay=5e-4
)


class Killed(Exception):
    """Stands for the end of the process."""


class Fragile(Checkpoint):
    """Dies right after its n-th state has been written."""

    lives = 10**9

    def save(self, name, tensors, facts):
        super().save(name, tensors, facts)
        self.lives -= 1
        if not self.lives:
            raise Killed


@pytest.fixture(params=NETWORKS)
def case(request):
    """A network, float32 data with 30 points, and three members that each see 27 of them."""
    return small_ensemble(request.param, points=30, members=3)


def train(case, checkpoint=None):
    build, data, subsets = case
    return trained(
        build,
        data,
        subsets,
        [100, 101, 102],
        RECIPE,
        execution=stacks_of(2),
        snapshots=[2, 5],
        checkpoint=checkpoint,
    )


def assert_same(one, other):
    for name, value in one.weights.items():
        assert torch.equal(other.weights[name], value), name
    assert np.array_equal(one.margins, other.margins)
    assert np.array_equal(one.correct, other.correct)


@pytest.mark.parametrize(("every", "states"), [(1, 10), (2, 6), (3, 4), (9, 2)])
def test_training_killed_after_any_state_ends_bit_for_bit_the_same(case, tmp_path, every, states):
    undisturbed = train(case)
    counting = Fragile(tmp_path / "count", "key", every)
    assert_same(undisturbed, train(case, counting))
    assert 10**9 - counting.lives == states
    for lives in range(1, states + 1):
        folder = tmp_path / str(lives)
        first = Fragile(folder, "key", every)
        first.lives = lives
        with pytest.raises(Killed):
            train(case, first)
        again = Checkpoint(folder, "key", every)
        assert_same(undisturbed, train(case, again))
        assert again.resumed
        again.remove()
        assert not folder.exists()


def test_what_is_done_is_not_done_again(case, tmp_path, monkeypatch):
    train(case, Checkpoint(tmp_path / "partial", "key", 5))
    epochs = []
    real = training.train

    def spy(*arguments):
        for epoch in real(*arguments):
            epochs.append(epoch)
            yield epoch

    monkeypatch.setattr(training, "train", spy)
    train(case, Checkpoint(tmp_path / "partial", "key", 5))
    assert epochs == []
    train(case, Checkpoint(tmp_path / "partial", "another key", 5))
    assert epochs == [1, 2, 3, 4, 5] * 2


def test_a_damaged_state_is_not_used(case, tmp_path, caplog):
    undisturbed = train(case)
    train(case, Checkpoint(tmp_path, "key", 1))
    first, second = sorted(tmp_path.glob("*.safetensors"))
    first.write_bytes(first.read_bytes()[:-50])
    content = bytearray(second.read_bytes())
    content[-100] ^= 4
    second.write_bytes(content)
    checkpoint = Checkpoint(tmp_path, "key", 1)
    with caplog.at_level(logging.INFO):
        assert_same(undisturbed, train(case, checkpoint))
    assert caplog.text.count("cannot be read") == 2 and not checkpoint.resumed


def unlearn(case, checkpoint=None, method=gda.unlearn):
    build, data, _ = case
    return unlearned(
        method,
        GDA | {"epochs": [2, 3], "ascent_epochs": [1, 2]},
        build,
        train(case).weights,
        data,
        np.arange(6),
        np.arange(6, 24),
        [7, 8, 9],
        snapshots=[(2, 1), (2, 2), (3, 1), (3, 2)],
        execution=stacks_of(1),
        checkpoint=checkpoint,
    )


def test_unlearning_goes_on_with_the_next_stack(case, tmp_path):
    undisturbed = unlearn(case)
    first = Fragile(tmp_path, "key", 4)
    first.lives = 2
    with pytest.raises(Killed):
        unlearn(case, first)
    calls = []

    def counted(learner, **arguments):
        calls.append(learner.seeds)
        return gda.unlearn(learner, **arguments)

    resumed = unlearn(case, Checkpoint(tmp_path, "key", 4), counted)
    assert calls == [[9]]
    assert np.array_equal(undisturbed.margins, resumed.margins)
    assert np.array_equal(undisturbed.correct, resumed.correct)
    assert undisturbed.sample_gradients == resumed.sample_gradients
    assert all(second > 0 for second in resumed.seconds)


def test_nothing_is_kept_unless_asked_for(case, tmp_path):
    inputs = tmp_path / "input"
    inputs.write_text("a")
    old = tmp_path / "0-2.partial"
    old.mkdir()
    job = SimpleNamespace(output=[str(tmp_path / "0-2.npy")], input=[str(inputs)], params={})
    job.config = {"checkpoint_epochs": None}
    checkpoint = of_job(job)
    train(case, checkpoint)
    assert not old.exists() and sorted(path.name for path in tmp_path.iterdir()) == ["input"]
    job.config = {"checkpoint_epochs": 2}
    kept = of_job(job)
    train(case, kept)
    assert sorted(path.name for path in old.iterdir()) == ["0-1.safetensors", "2-2.safetensors"]


def test_the_key_is_of_contents_and_settings(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    paths = [str(one), str(two)]
    key = fingerprint(paths, {"members": [0, 1]})
    os.utime(one, (1, 1))
    assert fingerprint(reversed(paths), {"members": [0, 1]}) == key
    assert fingerprint(paths, {"members": [0, 2]}) != key
    two.write_text("c")
    assert fingerprint(paths, {"members": [0, 1]}) != key


def test_a_job_says_what_it_runs_on(caplog, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with caplog.at_level(logging.INFO):
        device = devices.choose("auto")
        record = devices.report(device, 10, 4.0)
    if device.type == "cpu":
        assert "no GPU can be used here (device: auto)" in caplog.text
    assert f"torch {torch.__version__}" in caplog.text and "device_name" in caplog.text
    assert "2.5 members per second, peak memory" in caplog.text
    assert record["members_per_second"] == 2.5 and record["peak_memory_mb"] > 10
    assert record["visible_devices"] == ""
