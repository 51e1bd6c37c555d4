"""Margins that are kept while the next ones are computed, in half the space if asked."""

import numpy as np
import pytest
import torch

from unlearning.artifacts.files import (
    load_array,
    load_correct,
)
from unlearning.ensembles.evaluations import in_memory, on_disk, stored

MARGINS = np.array([[[0.1, -7.25, 1e5], [-3e38, np.nan, -np.inf]]], np.float32)
HALVED = np.array([[0.1, -7.25, 65504.0], [-65504.0, np.nan, -np.inf]])


def test_float32_is_kept_and_float16_rounds_but_makes_nothing_infinite():
    assert stored(MARGINS, "float32") is MARGINS
    halved = stored(MARGINS, "float16")
    assert halved.dtype == np.float16
    np.testing.assert_allclose(halved[0].astype(float), HALVED, rtol=2**-11)


def fill(evaluations):
    """Put two snapshots of two stacks, three members and eleven points in all."""
    generator = torch.Generator().manual_seed(0)
    margins = torch.randn(2, 3, 11, generator=generator)
    correct = margins > 0
    for stack in (slice(0, 2), slice(2, 3)):
        for snapshot in range(2):
            evaluations.put(snapshot, stack, margins[snapshot, stack], correct[snapshot, stack])
    return margins.numpy(), correct.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_files_hold_what_was_put(tmp_path, dtype):
    files = str(tmp_path / "0-2.npy"), str(tmp_path / "0-2.correct.npy")
    with on_disk(*files, (2, 3, 11), dtype=dtype) as kept:
        margins, correct = fill(kept)
    found = load_array(files[0], shape=(2, 3, 11), dtype=dtype)
    np.testing.assert_array_equal(found, margins.astype(dtype))
    np.testing.assert_array_equal(load_correct(files[1], shape=(2, 3, 11)), correct)


def test_a_single_snapshot_has_no_axis(tmp_path):
    files = str(tmp_path / "0-1.npy"), str(tmp_path / "0-1.correct.npy")
    with on_disk(*files, (1, 2, 9), single=True) as kept:
        kept.put(0, slice(0, 2), torch.ones(2, 9), torch.ones(2, 9, dtype=torch.bool))
    assert load_array(files[0], shape=(2, 9), dtype=np.float32).all()
    assert load_correct(files[1], shape=(2, 9)).all()


def test_memory_holds_what_files_do():
    kept = in_memory(2, 3, 11)
    margins, correct = fill(kept)
    kept.finish()
    np.testing.assert_array_equal(kept.margins, margins)
    np.testing.assert_array_equal(np.unpackbits(kept.correct, -1, 11).astype(bool), correct)


def test_a_failure_of_the_writer_is_the_jobs_and_leaves_no_file(tmp_path):
    files = str(tmp_path / "0-2.npy"), str(tmp_path / "0-2.correct.npy")
    wrong = torch.ones(2, 12), torch.ones(2, 12, dtype=torch.bool)
    with pytest.raises(ValueError, match="broadcast"), on_disk(*files, (2, 3, 11)) as kept:
        kept.put(0, slice(0, 2), *wrong)
    assert not list(tmp_path.iterdir())


def test_a_state_is_of_one_stack():
    kept, other = in_memory(2, 3, 11), in_memory(2, 3, 11)
    fill(kept)
    other.restore(slice(0, 2), kept.state(slice(0, 2)))
    np.testing.assert_array_equal(other.margins[:, :2], kept.margins[:, :2])
    np.testing.assert_array_equal(other.correct[:, :2], kept.correct[:, :2])
    assert not other.margins[:, 2].any() and kept.margins[:, 2].any()
