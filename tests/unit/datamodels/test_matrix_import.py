"""A published weight matrix becomes ours, or is refused with a sentence that names the file."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from unlearning.artifacts.files import load_array
from unlearning.datamodels import matrix
from unlearning.datamodels.matrix import import_published

N = 23


def published(**changes):
    """What a published file holds: column j of the weights is the datamodel of target j."""
    weight = torch.randn(N, N, generator=torch.Generator().manual_seed(0))
    return {"weight": weight, "bias": torch.zeros(N), "lam": torch.ones(N), **changes}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_a_row_is_the_datamodel_of_a_target(tmp_path, monkeypatch, dtype, layout):
    monkeypatch.setattr(matrix, "_TARGETS", 5)
    monkeypatch.setattr(matrix, "_POINTS", 7)
    content = published()
    weight = content["weight"] = content["weight"].to(dtype)
    if layout == "columns":
        content["weight"] = weight.T.contiguous().T
    torch.save(content, tmp_path / "train_50pct.pt")
    import_published(tmp_path / "train_50pct.pt", str(tmp_path / "matrix.npy"), N)
    found = load_array(str(tmp_path / "matrix.npy"), shape=(N, N), dtype=np.float32)
    for target in range(N):
        np.testing.assert_array_equal(found[target], weight[:, target].to(torch.float32))


IMPORT = """
import sys
from tests.helpers.memory import memory
from unlearning.datamodels import matrix

matrix._POINTS = 500
matrix.import_published(sys.argv[1], sys.argv[2], 2)
before = memory("VmHWM")
matrix.import_published(sys.argv[3], sys.argv[2], 6000)
print(memory("VmHWM") - before)
"""


def test_neither_file_is_ever_held_whole(tmp_path):
    paths = [str(tmp_path / name) for name in ("small.pt", "matrix.npy", "large.pt")]
    torch.save(published(weight=torch.zeros(2, 2)), paths[0])
    torch.save(published(weight=torch.zeros(6000, 6000)), paths[2])
    command = [sys.executable, "-c", IMPORT, *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    for path in tmp_path.iterdir():
        path.unlink()
    assert int(done.stdout) < 0.7 * 4 * 6000**2


def changed(position, value):
    weight = published()["weight"].double()
    weight[position] = value
    return weight


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (torch.zeros(N, N), r"holds a Tensor; expected is .* weight, bias, lam"),
        ({"weight": torch.zeros(N, N)}, r"dictionary with the keys \['weight'\]; expected"),
        (published(weight=torch.zeros(N, 10)), r"\(23, 23\), .* its shape is \(23, 10\)"),
        (published(weight=torch.zeros(N - 1, N - 1)), r"its shape is \(22, 22\)"),
        (published(weight=torch.zeros(N, N, dtype=torch.int64)), "floats, but it is torch.int64"),
        (published(weight=torch.zeros(N, N).to_sparse()), "dense .* torch.sparse_coo"),
        (published(weight=[1.0]), "floats, but it is <class 'list'>"),
        (published(weight=changed((20, 9), torch.nan)), "point 20 on target 9 is not"),
        (published(weight=changed((4, 22), -torch.inf)), "point 4 on target 22 is not"),
        (published(weight=changed((4, 22), 1e39)), "point 4 on target 22 is not"),
        (published(lam=np.ones(N)), "objects that only code from the file could restore"),
    ],
)
def test_other_contents_are_refused(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr(matrix, "_TARGETS", 5)
    monkeypatch.setattr(matrix, "_POINTS", 7)
    torch.save(content, tmp_path / "train_50pct.pt")
    with pytest.raises(ValueError, match=rf"train_50pct\.pt.*{message}"):
        import_published(tmp_path / "train_50pct.pt", str(tmp_path / "matrix.npy"), N)
    assert [path.name for path in tmp_path.iterdir()] == ["train_50pct.pt"]


class Runs:
    """Would be run by a loader that trusts the file."""

    def __reduce__(self):
        return pytest.fail, ("code of the file was run",)


def test_code_in_the_file_is_not_run(tmp_path):
    path = tmp_path / "train_50pct.pt"
    torch.save(published(lam=Runs()), path)
    with pytest.raises(ValueError, match=r"train_50pct\.pt .* code .* which is not run"):
        import_published(path, str(tmp_path / "matrix.npy"), N)


def test_what_is_no_such_file_is_refused(tmp_path):
    path, output = tmp_path / "train_50pct.pt", str(tmp_path / "matrix.npy")
    with pytest.raises(FileNotFoundError, match=r"train_50pct\.pt is missing; expected is a file"):
        import_published(path, output, N)
    torch.save(published(), path)
    whole = path.read_bytes()
    torch.save(published(), path, _use_new_zipfile_serialization=False)
    for wrong in (whole[:-100], b"", b"<html>", pickle.dumps([1]), path.read_bytes()):
        path.write_bytes(wrong)
        with pytest.raises(ValueError, match=r"train_50pct\.pt .*; expected is a file of"):
            import_published(path, output, N)
    assert list(tmp_path.iterdir()) == [path]
