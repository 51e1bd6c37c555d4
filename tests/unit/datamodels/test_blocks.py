"""The norms of a forget-by-retain block against the block itself, and what a pass may hold."""

import tracemalloc

import numpy as np
import pytest

from unlearning.artifacts.files import load_array, save_array
from unlearning.datamodels import blocks
from unlearning.datamodels.blocks import forget_by_retain


def the_block(matrix, forget):
    retain = np.setdiff1d(np.arange(len(matrix)), forget)
    return matrix[np.ix_(retain, forget)].astype(np.float64)


@pytest.mark.parametrize("size", [1, 7, 60, 99])
@pytest.mark.parametrize("numbers", [1, 100 * 13, 1 << 22])
def test_norms_are_those_of_the_block_however_high_the_parts(monkeypatch, size, numbers):
    monkeypatch.setattr(blocks, "_BLOCK", numbers)
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((100, 100)).astype(np.float32)
    forget = np.sort(rng.choice(100, size, replace=False))
    found = forget_by_retain(matrix, {"F": forget, "one more": np.array([3])})
    block = the_block(matrix, forget)
    assert found["F"].spectral_norm == pytest.approx(np.linalg.norm(block, 2), rel=1e-12)
    assert found["F"].mean_absolute == pytest.approx(np.abs(block).mean(), rel=1e-12)
    assert list(found) == ["F", "one more"]


def test_a_product_of_two_vectors_has_the_product_of_their_lengths():
    """Row x, column z: only what forgotten points do to retained ones counts."""
    acting, moved = np.zeros(6), np.zeros(6)
    acting[[1, 4]] = 3, 4
    moved[[0, 1, 2]] = 2, 100, 1
    matrix = np.outer(moved, acting)
    found = forget_by_retain(matrix, {"F": np.array([1, 4])})["F"]
    assert found.spectral_norm == pytest.approx(5 * np.sqrt(5))
    assert found.mean_absolute == pytest.approx(7 * 3 / 8)
    of_transposed = forget_by_retain(matrix.T, {"F": np.array([1, 4])})["F"]
    assert of_transposed.spectral_norm == 0


def test_a_pass_holds_a_part_of_the_file_and_the_gram_matrices(tmp_path, monkeypatch):
    points, size = 1500, 50
    path = str(tmp_path / "matrix.npy")
    save_array(path, np.random.default_rng(0).standard_normal((points, points), np.float32))
    matrix = load_array(path, shape=(None, None), dtype=np.float32)
    monkeypatch.setattr(blocks, "_BLOCK", 20 * points)
    tracemalloc.start()
    try:
        forget_by_retain(matrix, {f"{first}": np.arange(first, first + size) for first in range(9)})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    part, grams = 4 * 20 * points, 8 * 9 * size**2
    assert peak < 2 * (part + grams) < matrix.nbytes / 12


def test_no_page_of_the_file_stays(tmp_path, monkeypatch):
    path = str(tmp_path / "matrix.npy")
    save_array(path, np.zeros((400, 400), np.float32))
    matrix = load_array(path, shape=(None, None), dtype=np.float32)
    monkeypatch.setattr(blocks, "_BLOCK", 50 * 400)
    released = []
    monkeypatch.setattr(blocks, "release", released.append)
    forget_by_retain(matrix, {"F": np.array([0])})
    assert len(released) == 8
    assert all(np.shares_memory(array, matrix) for array in released)


@pytest.mark.parametrize(
    ("matrix", "forget", "message"),
    [
        (np.ones((4, 5)), [0], r"shape \(n, n\), not \(4, 5\)"),
        (np.eye(5), [1, 5], "F: training point 5 has no row in the datamodel matrix, which has 5"),
        (np.eye(5), [-1], "F: training point -1 has no row"),
        (np.eye(5), [], "F: 0 of 5 points make no block"),
        (np.eye(3), [0, 1, 2], "F: 3 of 3 points make no block"),
        (np.full((3, 3), np.nan), [0], "F: its block .* has a nan"),
    ],
)
def test_what_has_no_block_is_refused_by_name(matrix, forget, message):
    with pytest.raises(ValueError, match=message):
        forget_by_retain(matrix, {"F": np.array(forget, np.int64)})


def test_what_is_not_finite_outside_of_a_block_does_not_matter():
    matrix = np.eye(4)
    matrix[2, 2] = np.nan
    assert forget_by_retain(matrix, {"F": np.array([0, 2])})["F"].spectral_norm == 0
