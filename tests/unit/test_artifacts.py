"""Artifacts are written whole or not at all, and damaged ones are refused by name."""

import numpy as np
import pytest
import torch

from unlearning import artifacts
from unlearning.artifacts import ArtifactError
from unlearning.weights import load_weights, save_weights


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="killed"), artifacts.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_and_predictions_come_back(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    artifacts.save_array(str(tmp_path / "new" / "a.npy"), array)
    loaded = artifacts.load_array(
        str(tmp_path / "new" / "a.npy"), shape=(2, None), dtype=np.float32
    )
    np.testing.assert_array_equal(loaded, array)
    correct = np.random.default_rng(0).random((2, 3, 21)) < 0.5
    artifacts.save_correct(str(tmp_path / "c.npy"), correct)
    back = artifacts.load_correct(str(tmp_path / "c.npy"), shape=(2, 3, 21))
    np.testing.assert_array_equal(back, correct)


@pytest.mark.parametrize("damage", ["missing", "truncated", "shape", "dtype", "text", "pickle"])
def test_a_bad_array_is_named(tmp_path, damage):
    path = tmp_path / "margins.npy"
    np.save(path, np.zeros((4, 5), np.float32))
    match damage:
        case "missing":
            path.unlink()
        case "truncated":
            path.write_bytes(path.read_bytes()[:-8])
        case "shape":
            np.save(path, np.zeros((4, 6), np.float32))
        case "dtype":
            np.save(path, np.zeros((4, 5)))
        case "text":
            path.write_text("not an array")
        case "pickle":
            np.save(path, np.array([[None] * 5] * 4))
    with pytest.raises(ArtifactError, match=r"margins\.npy .*delete it and run again"):
        artifacts.load_array(str(path), shape=(4, 5), dtype=np.float32)


def test_weights_come_back_and_know_their_seeds(tmp_path):
    path = str(tmp_path / "w.safetensors")
    weights = {"layer.weight": torch.arange(6.0).view(2, 3).t()}
    save_weights(path, weights, [5, 6, 7])
    torch.testing.assert_close(load_weights(path, [5, 6, 7]), weights)
    with pytest.raises(ArtifactError, match="members of other seeds"):
        load_weights(path, [5, 6, 8])


def test_damaged_weights_are_named(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(str(path), {"a": torch.zeros(100)}, [0])
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ArtifactError, match=r"w\.safetensors is not a complete"):
        load_weights(str(path), [0])


def test_a_broken_record_is_named(tmp_path):
    path = tmp_path / "record.json"
    path.write_text('{"seeds": [1, 2')
    with pytest.raises(ArtifactError, match=r"record\.json is not a complete record"):
        artifacts.load_record(str(path))
