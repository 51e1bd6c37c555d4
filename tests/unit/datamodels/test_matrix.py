"""The datamodel matrix goes to its file, and from it, in blocks."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse.linalg import svds

from tests.helpers.memory import memory
from unlearning.artifacts.files import created_array, load_array, save_array
from unlearning.datamodels import estimation, matrix
from unlearning.datamodels.estimation import fit

OPTIONS = {"penalties": [0.3, 0.1], "iterations": 60, "held_out": 15, "seed": 2}


def planted(models, n_train, seed=0):
    """Memberships and margins of the training points; a few directions stand out of noise."""
    rng = np.random.default_rng(seed)
    membership = rng.random((models, n_train)) < 0.5
    common = rng.standard_normal((n_train, 2)) * [3, 2]
    margins = rng.standard_normal((models, n_train)) + (membership - 0.5) @ common @ common.T / 99
    return membership, margins.astype(np.float32)


@pytest.mark.parametrize("estimator", ["lasso", "mean_difference"])
@pytest.mark.parametrize("block", [1, 7, 36])
def test_blocks_into_a_mapped_file_give_what_memory_gives(tmp_path, estimator, block):
    data = planted(80, 37)
    whole = fit(*data, estimator=estimator, block=37, **OPTIONS)
    path = str(tmp_path / "matrix.npy")
    with created_array(path, (37, 37), np.float32) as weights:
        parts = fit(*data, estimator=estimator, weights=weights, block=block, **OPTIONS)
        assert parts.weights is weights
    found = load_array(path, shape=(37, 37), dtype=np.float32)
    np.testing.assert_allclose(found, whole.weights, atol=1e-5)
    np.testing.assert_allclose(parts.intercepts, whole.intercepts, atol=1e-4)
    np.testing.assert_allclose(parts.quality.score, whole.quality.score, atol=0.02)
    np.testing.assert_allclose(
        parts.quality.mean_difference_score, whole.quality.mean_difference_score, atol=0.02
    )
    assert parts.penalty == whole.penalty or estimator == "mean_difference"


FIT_IN_BLOCKS = """
import sys
import numpy as np
from tests.helpers.memory import memory
from unlearning.artifacts.files import created_array, save_array
from unlearning.datamodels.estimation import fit

OPTIONS = {options}
membership, margins = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("membership", "margins"))
fit(membership[:, :9], margins[:, :9], estimator="mean_difference", **OPTIONS)
before = memory("VmHWM")
with created_array(f"{sys.argv[1]}/matrix.npy", 2 * membership.shape[1:], np.float32) as weights:
    fitted = fit(membership, margins, estimator="mean_difference", weights=weights, **OPTIONS)
print(memory("VmHWM") - before)
save_array(f"{sys.argv[1]}/score.npy", fitted.quality.score)
"""


def test_ten_thousand_points_take_a_fraction_of_the_memory_of_their_matrix(tmp_path):
    membership, margins = planted(200, 10_000)
    np.save(tmp_path / "membership.npy", membership)
    np.save(tmp_path / "margins.npy", margins)
    script = FIT_IN_BLOCKS.replace("{options}", repr(OPTIONS))
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    matrix = np.load(tmp_path / "matrix.npy", mmap_mode="r")
    (tmp_path / "matrix.npy").unlink()  # mapped still; the folder outlives the test
    assert matrix.nbytes == 400e6
    assert int(done.stdout) < 0.4 * matrix.nbytes
    whole = fit(membership, margins, estimator="mean_difference", block=3000, **OPTIONS)
    whole.weights[:] -= matrix
    assert -1e-5 < whole.weights.min() <= whole.weights.max() < 1e-5
    score = load_array(str(tmp_path / "score.npy"), shape=(10_000,), dtype=np.float64)
    np.testing.assert_allclose(score, whole.quality.score, atol=0.02)


DECOMPOSE = """
import sys
import numpy as np
from tests.helpers.memory import memory
from unlearning.artifacts.files import load_array
from unlearning.datamodels.components import principal_components

matrix = load_array(f"{sys.argv[1]}/matrix.npy", shape=(None, None), dtype=np.float32)
principal_components(matrix[:90, :90], 2)
before = memory("VmHWM")
found = principal_components(matrix, 2)
print(memory("VmHWM") - before)
np.save(f"{sys.argv[1]}/components.npy", found.components)
np.save(f"{sys.argv[1]}/projections.npy", found.projections)
"""


def test_components_of_ten_thousand_points_are_those_of_the_matrix_in_memory(tmp_path):
    common = np.random.default_rng(0).standard_normal((10_000, 2)).astype(np.float32)
    common *= np.array([1, 0.8], np.float32)
    matrix = common @ common.T
    matrix[np.diag_indices(10_000)] += 1
    save_array(str(tmp_path / "matrix.npy"), matrix)
    command = [sys.executable, "-c", DECOMPOSE, str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    (tmp_path / "matrix.npy").unlink()
    assert int(done.stdout) < 0.1 * matrix.nbytes
    components, projections = (
        np.load(tmp_path / f"{name}.npy") for name in ("components", "projections")
    )
    matrix -= matrix.mean(axis=0)
    left, singular, right = svds(matrix, 2, v0=common[:, 0])
    signs = np.sign((components * right[::-1]).sum(axis=1))
    np.testing.assert_allclose(components, signs[:, None] * right[::-1], atol=1e-4)
    np.testing.assert_allclose(projections, signs * (left * singular)[:, ::-1], atol=0.01)


def test_blocks_cover_everything_once():
    assert list(matrix.blocks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]


def test_a_released_file_leaves_memory_and_keeps_its_numbers(tmp_path):
    with created_array(str(tmp_path / "a.npy"), (2000, 5000), np.float32) as array:
        array[:] = np.arange(5000)
        held = memory("VmRSS")
        matrix.release(array[3:])
        assert memory("VmRSS") < held - 0.9 * array.nbytes
        assert (array == np.arange(5000)).all()
    assert (np.load(tmp_path / "a.npy", mmap_mode="r") == np.arange(5000)).all()


def test_what_is_not_in_a_file_is_not_released(tmp_path):
    save_array(str(tmp_path / "a.npy"), np.zeros(9))
    for array in (np.load(tmp_path / "a.npy", mmap_mode="c"), np.zeros(9)):
        array[:] = 1
        matrix.release(array)
        assert (array == 1).all()


def test_an_array_that_is_not_finished_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.npy"
    save_array(str(path), np.zeros(3))
    old = path.read_bytes()
    opened = created_array(str(path), (5,), np.float32)
    with pytest.raises(RuntimeError, match="killed"), opened as array:
        array[:] = 1
        raise RuntimeError("killed")
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_room_is_found_before_the_array_is_filled(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    opened = created_array(str(tmp_path / "a.npy"), (5,), np.float32)
    with pytest.raises(OSError, match=r"a\.npy: No space left on device; free"), opened:
        pytest.fail("the disk is full")
    assert not list(tmp_path.iterdir())


def test_a_lasso_too_large_for_the_machine_is_refused(monkeypatch):
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 5}  # 20,480 bytes; four matrices: 21,904
    monkeypatch.setattr(estimation.os, "sysconf", sizes.__getitem__)
    with pytest.raises(ValueError, match=r"'lasso', which needs .* 37 training points"):
        fit(*planted(80, 37), estimator="lasso", **OPTIONS)
    fit(*planted(80, 37), estimator="mean_difference", **OPTIONS)
    sizes["SC_PHYS_PAGES"] = 6
    fit(*planted(80, 37), estimator="lasso", **OPTIONS)


@pytest.mark.parametrize(
    "weights", [np.empty((37, 36), np.float32), np.empty((37, 37))], ids=["shape", "type"]
)
def test_an_array_that_cannot_take_the_weights_is_refused(weights):
    with pytest.raises(ValueError, match=r"weights must be float32 of shape .* \(37, 37\), not"):
        fit(*planted(80, 37), estimator="mean_difference", weights=weights, **OPTIONS)
