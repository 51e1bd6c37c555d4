"""Data sets: what they must hold, and the loaders on real, made and damaged files."""

import gzip
import hashlib
import importlib
import os
import pickle
import struct
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from unlearning.datasets import cifar10, digits, fashion_mnist, synthetic
from unlearning.datasets.base import Dataset, check_stated, checksum
from unlearning.datasets.images import normalisation

LOADERS = ["digits", "synthetic", "cifar10", "fashion_mnist"]


def made(n_train=3, n=5, classes=10, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 2, 3, 2), dtype=np.uint8)
    return Dataset(images, rng.integers(0, classes, n), n_train, classes)


def python2_pickle(images, labels, width=3072):
    """Write a batch as its authors' Python 2 did: byte strings, and 0 and 1 for booleans."""
    number = struct.Struct("<i")

    def string(value):
        return b"T" + number.pack(len(value)) + value

    return b"".join(
        [
            b"\x80\x02}(",
            string(b"batch_label") + string(b"training batch 1 of 5"),
            string(b"labels") + b"](" + b"".join(b"J" + number.pack(label) for label in labels),
            b"e" + string(b"data") + b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n",
            b"K\x00\x85" + string(b"b") + b"\x87R(K\x01",
            b"J" + number.pack(images.size // width) + b"J" + number.pack(width) + b"\x86",
            b"cnumpy\ndtype\n" + string(b"u1") + b"K\x00K\x01\x87R(K\x03" + string(b"|"),
            b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89",
            string(np.ascontiguousarray(images.transpose(0, 3, 1, 2)).tobytes()) + b"tbu.",
        ]
    )


def write_cifar10(folder, per_batch=3, seed=0):
    """Write six small batches; return all images and labels, the test batch last."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (6, per_batch, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 10, (6, per_batch))
    folder.mkdir(parents=True)
    names = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
    for name, *batch in zip(names, images, labels, strict=True):
        (folder / name).write_bytes(python2_pickle(*batch))
    return images.reshape(-1, 32, 32, 3), labels.ravel()


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_fashion_mnist(folder, n_train=5, n_test=3, compressed=True, seed=0):
    """Write four small idx files; return all images and labels, the test images last."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n_train + n_test, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, n_train + n_test)
    folder.mkdir(parents=True)
    for prefix, part in (("train", slice(0, n_train)), ("t10k", slice(n_train, None))):
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            path = folder / f"{prefix}-{kind}-ubyte"
            if compressed:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(idx(array[part])))
            else:
                path.write_bytes(idx(array[part]))
    return images[..., None], labels


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", np.zeros((5, 2, 3, 2)), "images must be uint8"),
        ("images", np.zeros((5, 2, 3), np.uint8), "images must be uint8 of shape"),
        ("images", np.zeros((5, 2, 0, 1), np.uint8), "images must be uint8 of shape"),
        ("labels", np.zeros(5, np.int32), "labels must be int64"),
        ("labels", np.zeros((5, 1), np.int64), "labels must be int64 of shape"),
        ("labels", np.zeros(4, np.int64), "5 images but 4 labels"),
        ("labels", np.array([0, 1, 2, 3, 10]), "0 to 9, found 10"),
        ("labels", np.array([0, 1, 2, 3, -1]), "0 to 9, found -1"),
        ("n_train", 0, "allow 1 to 4"),
        ("n_train", 5, "allow 1 to 4"),
    ],
)
def test_dataset_refuses_what_does_not_fit(field, value, message):
    with pytest.raises(ValueError, match=message):
        Dataset(**{**vars(made()), field: value})


def test_a_loader_gives_what_it_states():
    dataset = Dataset(np.zeros((3, 5, 5, 2), np.uint8), np.zeros(3, np.int64), 2, 4)
    check_stated(dataset, (5, 5, 2), 4, "mine")
    for size, classes in (((5, 5, 1), 4), ((5, 5, 2), 3)):
        with pytest.raises(
            ValueError, match=r"mine\.py states .* but loads images of \(5, 5, 2\) in"
        ):
            check_stated(dataset, size, classes, "mine")


def test_n_validation_is_what_is_left():
    assert made(n_train=3, n=5).n_validation == 2


def test_checksum_sees_every_part_and_only_contents():
    dataset = made()
    images, labels = dataset.images.copy(), dataset.labels.copy()
    images[4, 1, 2, 1] ^= 1
    labels[4] = (labels[4] + 1) % 10
    reshaped = dataset.images.reshape(5, 3, 2, 2)
    different = [
        dataset,
        Dataset(images, dataset.labels, 3, 10),
        Dataset(dataset.images, labels, 3, 10),
        Dataset(dataset.images, dataset.labels, 2, 10),
        Dataset(reshaped, dataset.labels, 3, 10),
    ]
    assert len({checksum(each) for each in different}) == 5
    same = Dataset(np.asfortranarray(dataset.images), dataset.labels.copy(), 3, 10)
    assert checksum(same) == checksum(dataset)
    header = f"{dataset.images.shape} 3\n".encode()
    contents = header + dataset.images.tobytes() + dataset.labels.tobytes()
    assert checksum(dataset) == hashlib.sha256(contents).hexdigest()


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("argument", ["n_train", "n_validation"])
def test_loaders_refuse_an_empty_split(name, argument, tmp_path):
    folder = str(tmp_path) if name in ("cifar10", "fashion_mnist") else None
    counts = {"n_train": 1, "n_validation": 1, argument: 0}
    with pytest.raises(ValueError, match=f"{argument} is 0, but at least 1"):
        importlib.import_module(f"unlearning.datasets.{name}").load(**counts, seed=0, folder=folder)


@pytest.mark.parametrize("name", ["digits", "synthetic"])
def test_loaders_without_files_refuse_a_folder(name, tmp_path):
    with pytest.raises(ValueError, match=f"folder is '{tmp_path}'.*must be None"):
        importlib.import_module(f"unlearning.datasets.{name}").load(
            n_train=1, n_validation=1, seed=0, folder=str(tmp_path)
        )


@pytest.mark.parametrize("name", ["cifar10", "fashion_mnist"])
def test_loaders_of_files_name_a_missing_folder_or_file(name, tmp_path):
    load = importlib.import_module(f"unlearning.datasets.{name}").load
    expected = {"cifar10": "cifar-10-batches-py", "fashion_mnist": "train-images-idx3-ubyte.gz"}
    message = f"nowhere.*no such folder; it must be .*{expected[name]}"
    with pytest.raises(FileNotFoundError, match=message):
        load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "nowhere"))
    missing, message = {
        "cifar10": ("data_batch_4", "data_batch_4 is missing"),
        "fashion_mnist": ("t10k-labels-idx1-ubyte", "neither t10k-labels-idx1-ubyte.gz nor t10k"),
    }[name]
    globals()[f"write_{name}"](tmp_path / "files")
    for path in (tmp_path / "files").glob(f"{missing}*"):
        path.unlink()
    with pytest.raises(FileNotFoundError, match=message):
        load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "files"))


def test_digits_are_split_without_overlap_by_the_seed():
    everything = digits.load(n_train=1000, n_validation=797, seed=3, folder=None)
    assert everything.images.shape == (1797, *digits.SIZE) and everything.n_train == 1000
    published = load_digits()
    grey = published.images[..., None] * 255 / 16
    expected = [(np.rint(grey).astype(np.uint8), published.target)]
    expected.append((everything.images, everything.labels))
    first, second = (
        sorted((image.tobytes(), int(label)) for image, label in zip(*pair, strict=True))
        for pair in expected
    )
    assert first == second  # every image once, with its label: no image is in both splits
    part = digits.load(n_train=1000, n_validation=100, seed=3, folder=None)
    np.testing.assert_array_equal(part.images, everything.images[:1100])
    other = digits.load(n_train=1000, n_validation=100, seed=4, folder=None)
    assert checksum(other) != checksum(part)
    with pytest.raises(ValueError, match=r"n_train \+ n_validation is 1798.*only 1797"):
        digits.load(n_train=1000, n_validation=798, seed=3, folder=None)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_synthetic_classes_can_be_learnt_but_not_trivially(seed):
    dataset = synthetic.load(n_train=1000, n_validation=2000, seed=seed, folder=None)
    rows = dataset.images.reshape(3000, -1).astype(float)
    train, labels = rows[:1000], dataset.labels
    means = np.stack([train[labels[:1000] == label].mean(axis=0) for label in range(10)])
    distances = ((rows[1000:, None] - means) ** 2).sum(axis=2)
    assert 0.9 < (distances.argmin(axis=1) == labels[1000:]).mean() < 0.99


def test_synthetic_grows_without_changing_what_is_there():
    small = synthetic.load(n_train=20, n_validation=30, seed=5, folder=None)
    large = synthetic.load(n_train=45, n_validation=40, seed=5, folder=None)
    other = synthetic.load(n_train=20, n_validation=30, seed=6, folder=None)
    assert small.images.shape == (50, *synthetic.SIZE) and small.n_train == 20
    np.testing.assert_array_equal(large.images[:20], small.images[:20])
    np.testing.assert_array_equal(large.images[45:75], small.images[20:])
    assert len(np.unique(large.images, axis=0)) == 85  # the splits share no image
    assert not np.array_equal(other.images, small.images)


def test_cifar10_keeps_the_published_order(tmp_path):
    images, labels = write_cifar10(tmp_path / "cifar-10-batches-py")
    inside = str(tmp_path / "cifar-10-batches-py")
    dataset = cifar10.load(n_train=15, n_validation=3, seed=0, folder=str(tmp_path))
    np.testing.assert_array_equal(dataset.images, images)
    np.testing.assert_array_equal(dataset.labels, labels)
    part = cifar10.load(n_train=7, n_validation=2, seed=1, folder=inside)
    chosen = [*range(7), 15, 16]
    np.testing.assert_array_equal(part.images, images[chosen])
    np.testing.assert_array_equal(part.labels, labels[chosen])
    for asked, message in (
        ({"n_train": 16}, "n_train is 16.*has only 15"),
        ({"n_validation": 4}, "n_validation is 4.*has only 3"),
        ({"n_train": 50_001}, "n_train is 50001.*has only 50000"),
        ({"n_validation": 10_001}, "n_validation is 10001.*has only 10000"),
    ):
        with pytest.raises(ValueError, match=message):
            cifar10.load(**{"n_train": 1, "n_validation": 1, **asked}, seed=0, folder=inside)


class Intruder:
    """An object whose unpickling would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


IMAGES, LABELS = np.zeros((3, 32, 32, 3), np.uint8), [1, 2, 3]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (python2_pickle(IMAGES, LABELS)[:-100], "is damaged"),
        (b"", "is damaged"),
        (pickle.dumps([1, 2]), "no 'data' and 'labels'"),
        (pickle.dumps({"data": 1}), "no 'data' and 'labels'"),
        (pickle.dumps({"data": 1, "labels": LABELS}), "must be an array, not int"),
        (
            python2_pickle(IMAGES, LABELS, width=1024),
            r"\(images, 3072\), not \(9, 1024\)",
        ),
        (
            pickle.dumps({"data": np.zeros((3, 3072)), "labels": LABELS}, protocol=3),
            "must be uint8 of shape .* not float64",
        ),
        (
            pickle.dumps({"data": IMAGES.reshape(3, -1), "labels": [1, 2, "3"]}, protocol=3),
            "list of integers",
        ),
        (python2_pickle(IMAGES, [1, 2]), "3 images but 2 labels"),
        (python2_pickle(IMAGES, [1, 2, 10]), "0 to 9, found 10"),
    ],
)
def test_cifar10_names_the_batch_that_is_wrong(tmp_path, contents, message):
    write_cifar10(tmp_path / "batches")
    (tmp_path / "batches" / "data_batch_2").write_bytes(contents)
    with pytest.raises(ValueError, match=f"data_batch_2.*{message}"):
        cifar10.load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "batches"))


def test_cifar10_runs_nothing_that_a_pickle_asks_for(tmp_path):
    write_cifar10(tmp_path / "batches")
    contents = pickle.dumps({"data": Intruder(tmp_path / "made"), "labels": []})
    (tmp_path / "batches" / "test_batch").write_bytes(contents)
    with pytest.raises(ValueError, match="test_batch.*asks for posix.mkdir, and only arrays"):
        cifar10.load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "batches"))
    assert not (tmp_path / "made").exists()


def test_cifar10_checks_the_md5_of_a_full_batch(tmp_path, monkeypatch):
    write_cifar10(tmp_path / "batches")
    contents = python2_pickle(np.zeros((10_000, 32, 32, 3), np.uint8), [0] * 10_000)
    (tmp_path / "batches" / "test_batch").write_bytes(contents)
    asked = {"n_train": 1, "n_validation": 10_000, "seed": 0, "folder": str(tmp_path / "batches")}
    with pytest.raises(
        ValueError, match="test_batch is corrupted.*40351d587109b95175f43aff81a1287e"
    ):
        cifar10.load(**asked)
    monkeypatch.setitem(cifar10.MD5, "test_batch", hashlib.md5(contents).hexdigest())
    assert cifar10.load(**asked).n_validation == 10_000


@pytest.mark.parametrize("compressed", [True, False])
def test_fashion_mnist_reads_plain_and_compressed_files_in_order(tmp_path, compressed):
    images, labels = write_fashion_mnist(tmp_path / "files", compressed=compressed)
    folder = str(tmp_path / "files")
    dataset = fashion_mnist.load(n_train=5, n_validation=3, seed=0, folder=folder)
    np.testing.assert_array_equal(dataset.images, images)
    np.testing.assert_array_equal(dataset.labels, labels)
    part = fashion_mnist.load(n_train=2, n_validation=1, seed=1, folder=folder)
    np.testing.assert_array_equal(part.images, images[[0, 1, 5]])
    np.testing.assert_array_equal(part.labels, labels[[0, 1, 5]])
    for asked, message in (
        ({"n_train": 6}, "n_train is 6.*has only 5"),
        ({"n_validation": 4}, "n_validation is 4.*has only 3"),
        ({"n_train": 60_001}, "n_train is 60001.*has only 60000"),
        ({"n_validation": 10_001}, "n_validation is 10001.*has only 10000"),
    ):
        with pytest.raises(ValueError, match=message):
            fashion_mnist.load(**{"n_train": 1, "n_validation": 1, **asked}, seed=0, folder=folder)


PIXELS = idx(np.zeros((5, 28, 28)))


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("train-images-idx3-ubyte", PIXELS[:-1], "announces 3936 bytes, and 3935 were found"),
        ("train-images-idx3-ubyte", PIXELS + b"0", "announces 3936 bytes, and 3937 were found"),
        ("train-images-idx3-ubyte", PIXELS[:6], "and 6 were found"),
        ("train-images-idx3-ubyte", b"", "begins with 0x, not 0x00000803"),
        ("train-images-idx3-ubyte", b"\0\0\x0d\x03" + PIXELS[4:], "0x00000d03, not 0x00000803"),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 28, 32))), "28 x 32 pixels"),
        ("train-labels-idx1-ubyte", PIXELS, "0x00000803, not 0x00000801"),
        ("train-labels-idx1-ubyte", idx(np.zeros(4)), "5 images but 4 labels"),
        ("train-labels-idx1-ubyte", idx(np.full(5, 10)), "0 to 9, found 10"),
    ],
)
def test_fashion_mnist_names_the_file_that_is_wrong(tmp_path, name, contents, message):
    write_fashion_mnist(tmp_path / "files", compressed=False)
    (tmp_path / "files" / name).write_bytes(contents)
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        fashion_mnist.load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "files"))


def test_fashion_mnist_names_the_compressed_file_that_is_wrong(tmp_path):
    write_fashion_mnist(tmp_path / "files")
    path = tmp_path / "files" / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for contents, message in (
        (whole[:2000], r"announces 3936 bytes, and \d+ were found"),
        (whole[:-8] + bytes(8), "damaged.*incorrect data check"),
        (PIXELS, "not a gzip file"),
    ):
        path.write_bytes(contents)
        with pytest.raises(ValueError, match=f"{path.name}.*{message}"):
            fashion_mnist.load(n_train=1, n_validation=1, seed=0, folder=str(tmp_path / "files"))


@pytest.mark.parametrize("cache_variable", [True, False])
def test_no_folder_means_a_download_into_the_cache(tmp_path, monkeypatch, cache_variable):
    def stand_in(write, inner):
        return lambda root, download: write(Path(root, inner)) if download else None

    torchvision = ModuleType("torchvision")
    torchvision.datasets = SimpleNamespace(
        CIFAR10=stand_in(write_cifar10, "cifar-10-batches-py"),
        FashionMNIST=stand_in(write_fashion_mnist, "FashionMNIST/raw"),
    )
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if cache_variable:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for loader in (cifar10, fashion_mnist):
        assert loader.load(n_train=5, n_validation=3, seed=0, folder=None).n_train == 5
    cache = tmp_path / ("cache" if cache_variable else ".cache") / "unlearning"
    assert {path.name for path in cache.iterdir()} == {"cifar-10-batches-py", "FashionMNIST"}


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def fail(root, download):
        raise OSError("no route to host")

    torchvision = ModuleType("torchvision")
    torchvision.datasets = SimpleNamespace(CIFAR10=fail)
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no route to host.*give its folder"):
        cifar10.load(n_train=1, n_validation=1, seed=0, folder=None)


@pytest.mark.debian_data
def test_fashion_mnist_as_debian_ships_it():
    folder = os.environ.get("FASHION_MNIST", "/usr/share/datasets/fashion-mnist")
    assert Path(folder).is_dir(), (
        f"{folder} does not exist: install the Debian package dataset-fashion-mnist, "
        "or name a folder of the four idx files in the variable FASHION_MNIST"
    )
    dataset = fashion_mnist.load(n_train=60_000, n_validation=10_000, seed=0, folder=folder)
    assert np.bincount(dataset.labels[:60_000]).tolist() == [6000] * 10
    assert np.bincount(dataset.labels[60_000:]).tolist() == [1000] * 10
    mean, std = normalisation(dataset)
    np.testing.assert_allclose(mean + std, [0.2860, 0.3530], atol=5e-5)
