"""CIFAR-10: 60,000 colour photographs of 32 x 32 pixels, read from its published batches."""

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from unlearning.datasets.base import (
    Dataset,
    check_count,
    check_images,
    download,
    existing_folder,
    from_splits,
)

SIZE = (32, 32, 3)
CLASSES = 10
LARGEST_CLASS = 5_000
TRAIN, VALIDATION = 50_000, 10_000
FULL_BATCH = 10_000
EXPECTED = "the folder cifar-10-batches-py of CIFAR-10's version for Python, or its parent"
# The batches in the order in which the published forget sets count the images.
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


class _BatchUnpickler(pickle.Unpickler):
    """Unpickler of arrays, strings, numbers, lists and dictionaries, and of nothing else."""

    allowed = {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),  # its name since numpy 2
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
    }

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) not in self.allowed:
            raise pickle.UnpicklingError(
                f"it asks for {module_name}.{global_name}, and only arrays are allowed"
            )
        return super().find_class(module_name, global_name)


def _read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(images, 32, 32, 3)`` and labels ``(images,)`` of one batch file."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; CIFAR-10 is the files {', '.join(MD5)}.")
    contents = path.read_bytes()
    try:
        batch = _BatchUnpickler(io.BytesIO(contents), encoding="latin1").load()
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise ValueError(f"{path} is not a batch of CIFAR-10, or is damaged: {error}.") from error
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError(f"{path} is not a batch of CIFAR-10: it has no 'data' and 'labels'.")
    rows, labels = batch["data"], batch["labels"]
    height, width, channels = SIZE
    if not isinstance(rows, np.ndarray):
        raise ValueError(f"{path}: 'data' must be an array, not {type(rows).__name__}.")
    if rows.shape[1:] != (height * width * channels,):
        raise ValueError(
            f"{path}: 'data' must have the shape (images, {height * width * channels}), "
            f"not {rows.shape}."
        )
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise ValueError(f"{path}: 'labels' must be a list of integers.")
    if len(rows) == FULL_BATCH:
        found = hashlib.md5(contents, usedforsecurity=False).hexdigest()
        if found != MD5[path.name]:
            raise ValueError(
                f"{path} is corrupted: its MD5 is {found}, and as published {MD5[path.name]}."
            )
    images = rows.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    numbers = np.array(labels, dtype=np.int64)
    check_images(images, numbers, CLASSES, str(path))
    return images, numbers


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Dataset:
    """Load the first images of the training batches and of the test batch, in published order.

    Parameters
    ----------
    n_train, n_validation : int
        Number of images of each split, at most 50,000 and 10,000.
    seed : int
        Has no effect: the split is the data set's own.
    folder : str or None
        The folder ``cifar-10-batches-py`` (the version for Python) or its parent. None downloads
        the data set into the cache, see `base.download`.

    Returns
    -------
    Dataset
        Images of shape ``(n_train + n_validation, 32, 32, 3)``; training image i is image i of
        the published forget sets.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is missing, or the download fails.
    ValueError
        If a split is empty, more images are asked for than there are, or a file is not a batch
        of CIFAR-10; a batch of 10,000 images must have the published MD5.
    """
    check_count("n_train", n_train, TRAIN, "the training split of CIFAR-10")
    check_count("n_validation", n_validation, VALIDATION, "the test split of CIFAR-10")
    given = download("CIFAR10") if folder is None else existing_folder(folder, EXPECTED)
    inner = given / "cifar-10-batches-py"
    batches = inner if inner.is_dir() else given
    *train, test = [_read_batch(batches / name) for name in MD5]
    images, labels = zip(*train, strict=True)
    return from_splits(
        (np.concatenate(images), np.concatenate(labels)),
        test,
        n_train=n_train,
        n_validation=n_validation,
        classes=CLASSES,
        source=f"CIFAR-10 in {batches}",
    )
