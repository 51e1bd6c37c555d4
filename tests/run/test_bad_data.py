"""Images that cannot be had stop a study before anything is trained, and leave nothing behind."""

import pickle
import struct

import numpy as np
import pytest
import yaml

from tests.helpers.study import copy_repository, snakemake
from unlearning.datasets import cifar10

SMALL = {"forget_sets": {name: {"size": 10} for name in "369"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad_data")
    copy_repository(folder)
    return folder


def write_cifar10(folder, name, content):
    rows = {"data": np.zeros((100, 3072), np.uint8), "labels": [0] * 100}
    for other in cifar10.MD5:
        (folder / other).write_bytes(pickle.dumps(rows, protocol=3))
    (folder / name).write_bytes(content)


def batch(count, width):
    rows = {"data": np.zeros((count, width), np.uint8), "labels": [0] * count}
    return pickle.dumps(rows, protocol=3)


def write_fashion_mnist(folder, cut):
    for prefix, count in {"train": 600, "t10k": 100}.items():
        for kind, shape in {"images-idx3": (count, 28, 28), "labels-idx1": (count,)}.items():
            header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
            content = header + bytes(int(np.prod(shape)))
            (folder / f"{prefix}-{kind}-ubyte").write_bytes(content[: len(content) - cut])


def dataset(name, **changes):
    return {"dataset": {"name": name, "folder": "files", "validation": 100, **changes}}


CASES = {
    "a batch cut short": (
        lambda files: write_cifar10(files, "data_batch_3", batch(100, 3072)[:90_000]),
        dataset("cifar10", train=500),
        "files/data_batch_3 is not a batch of CIFAR-10, or is damaged: pickle data was truncated",
    ),
    "a batch of another checksum": (
        lambda files: write_cifar10(files, "test_batch", batch(10_000, 3072)),
        dataset("cifar10", train=500),
        "files/test_batch is corrupted: its MD5 is",
    ),
    "images of another shape": (
        lambda files: write_cifar10(files, "data_batch_2", batch(100, 1024)),
        dataset("cifar10", train=500),
        "files/data_batch_2: 'data' must have the shape (images, 3072), not (100, 1024)",
    ),
    "an idx file cut short": (
        lambda files: write_fashion_mnist(files, cut=9),
        dataset("fashion_mnist", train=600),
        "files/train-images-idx3-ubyte is cut short or damaged",
    ),
    "no room for the images": (
        lambda files: None,
        dataset("synthetic", folder=None, train=10**12),
        "GB free, and 72000.00 GB are to be written",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_images_are_named_and_nothing_is_written(folder, tmp_path, case):
    write, overlay, message = CASES[case]
    (tmp_path / "files").mkdir()
    write(tmp_path / "files")
    (folder / "files").unlink(missing_ok=True)
    (folder / "files").symlink_to(tmp_path / "files")
    (folder / "bad.yaml").write_text(yaml.safe_dump({"study": "bad", **SMALL, **overlay}))
    target = "results/bad/klom/baselines/1.csv"
    printed = snakemake(folder, target, "--configfile", "bad.yaml", check=False)
    assert message in printed
    assert [path for path in (folder / "results" / "bad").rglob("*") if path.is_file()] == []
