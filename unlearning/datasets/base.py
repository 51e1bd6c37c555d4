"""What data sets have in common once loaded: points, labels, and a training/validation split."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Labelled images, the training images before the validation images.

    Parameters
    ----------
    images : np.ndarray
        Pixels, uint8 of shape ``(n_train + n_validation, height, width, channels)``.
    labels : np.ndarray
        Classes, int64 of shape ``(n_train + n_validation,)``, each at least 0 and below `classes`.
    n_train : int
        Number of training images.
    classes : int
        Number of classes.
    groups : dict of str to range
        Named subpopulations of the training images: name -> their indices, one after another.

    Raises
    ------
    ValueError
        If a type, a shape, a label or a group is not as above, or if either split is empty.
    """

    images: np.ndarray
    labels: np.ndarray
    n_train: int
    classes: int
    groups: dict[str, range] = field(default_factory=dict)
    kind: ClassVar[str] = "images"

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        check_images(self.images, self.labels, self.classes, "Dataset")
        if not 0 < self.n_train < len(self.images):
            raise ValueError(
                f"Dataset: n_train is {self.n_train}, but {len(self.images)} images with at least "
                f"one in each split allow 1 to {len(self.images) - 1}."
            )
        check_groups(self.groups, self.n_train, "Dataset", self.kind)

    @property
    def inputs(self) -> np.ndarray:
        """What a network is given of each point: the images."""
        return self.images

    @property
    def n_validation(self) -> int:
        """Number of validation images."""
        return len(self.images) - self.n_train


def check_groups(groups: dict[str, range], n_train: int, where: str, what: str) -> None:
    """Raise a ValueError unless groups are ranges of training points, as `Dataset` has them."""
    for name, indices in groups.items():
        if not (indices.step == 1 and 0 <= indices.start < indices.stop <= n_train):
            raise ValueError(
                f"{where}: group {name!r} is {indices}, but a group is a range of step 1 "
                f"that is not empty and lies in the training {what} 0 to {n_train - 1}."
            )


def check_images(images: np.ndarray, labels: np.ndarray, classes: int, where: str) -> None:
    """Check that images and labels have the types, shapes and range of a `Dataset`.

    Parameters
    ----------
    images, labels : np.ndarray
        As in `Dataset`, of one split or of both.
    classes : int
        Number of classes.
    where : str
        The file or object at fault, first in the message of an error.

    Raises
    ------
    ValueError
        If they do not.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(
            f"{where}: images must be uint8 of shape (images, height, width, channels), "
            f"not {images.dtype} of shape {images.shape}."
        )
    if labels.dtype != np.int64 or labels.ndim != 1:
        raise ValueError(
            f"{where}: labels must be int64 of shape (images,), "
            f"not {labels.dtype} of shape {labels.shape}."
        )
    if len(images) != len(labels):
        raise ValueError(
            f"{where}: there are {len(images)} images but {len(labels)} labels; "
            "each image needs one label."
        )
    outside = labels[(labels < 0) | (labels >= classes)]
    if len(outside):
        raise ValueError(f"{where}: labels must lie in 0 to {classes - 1}, found {outside[0]}.")


def check_stated(dataset: Any, size: tuple[int, ...], classes: int, name: str) -> None:
    """Check that a loader gives what it states, from which a study has been planned.

    Parameters
    ----------
    dataset : Dataset or Sequences
        As loaded.
    size : tuple of int
        ``SIZE`` of the loader: height, width, channels of an image, or the context of a sequence.
    classes : int
        ``CLASSES`` of the loader.
    name : str
        Name of the loader, for the message of an error.

    Raises
    ------
    ValueError
        If points or classes are others.
    """
    loaded = (*dataset.inputs.shape[1:], dataset.classes)
    if loaded != (*size, classes):
        raise ValueError(
            f"unlearning/datasets/{name}.py states SIZE = {size} and CLASSES = {classes}, but "
            f"loads {dataset.kind} of {dataset.inputs.shape[1:]} in {dataset.classes} classes."
        )


def check_count(
    argument: str, count: int, available: float, source: str, what: str = "image"
) -> None:
    """Check that a number of points asked for is at least 1 and at most what there is.

    Parameters
    ----------
    argument : str
        Name of the argument or sum of arguments that asks.
    count : int
        How many points it asks for.
    available : float
        How many there are; ``math.inf`` if as many as one likes.
    source : str
        What they are taken from, for the message.
    what : str
        What one of them is called.

    Raises
    ------
    ValueError
        If `count` is out of range.
    """
    if count < 1:
        raise ValueError(f"{argument} is {count}, but at least 1 {what} is needed.")
    if count > available:
        raise ValueError(f"{argument} is {count}, but {source} has only {available} {what}s.")


def check_no_folder(folder: str | None, source: str) -> None:
    """Raise a ValueError if a folder is given for a data set that reads no files."""
    if folder is not None:
        raise ValueError(f"folder is {folder!r}, but {source} reads no files: it must be None.")


def existing_folder(folder: str, expected: str = "") -> Path:
    """Path of a folder, ``~`` for the home allowed.

    Raises
    ------
    FileNotFoundError
        If there is none: says what was expected.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        wanted = f"; it must be {expected}" if expected else ""
        raise FileNotFoundError(f"folder is {folder!r}, and there is no such folder{wanted}.")
    return path


def from_splits(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    *,
    n_train: int,
    n_validation: int,
    classes: int,
    source: str,
) -> Dataset:
    """Join the first images of a published training split and of a published test split.

    Parameters
    ----------
    train, validation : tuple of np.ndarray
        Images and labels, as in `Dataset`, of each split in its published order.
    n_train, n_validation : int
        How many images to take from the beginning of each split.
    classes : int
        Number of classes.
    source : str
        Name of the data set and its place, for the message of an error.

    Returns
    -------
    Dataset
        The images taken, in their published order.

    Raises
    ------
    ValueError
        If fewer than one image, or more than there are, is asked of a split.
    """
    check_count("n_train", n_train, len(train[0]), f"the training split of {source}")
    check_count("n_validation", n_validation, len(validation[0]), f"the test split of {source}")
    images = np.concatenate([train[0][:n_train], validation[0][:n_validation]])
    labels = np.concatenate([train[1][:n_train], validation[1][:n_validation]])
    return Dataset(images, labels, n_train, classes)


def cache_folder() -> Path:
    """Where downloads are kept: ``$XDG_CACHE_HOME/unlearning`` or else ``~/.cache/unlearning``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unlearning"


def download(name: str) -> Path:
    """Download a data set of torchvision into the cache, unless it is there already.

    Parameters
    ----------
    name : str
        Class of ``torchvision.datasets``, such as ``CIFAR10``.

    Returns
    -------
    Path
        `cache_folder`, which torchvision calls its root.

    Raises
    ------
    FileNotFoundError
        If the download fails.
    """
    # Only a download needs torchvision, and importing it takes seconds.
    from torchvision import datasets

    cache = cache_folder()
    try:
        getattr(datasets, name)(str(cache), download=True)
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"{name} could not be downloaded into {cache} ({error}); "
            "download it by other means and give its folder."
        ) from error
    return cache


def checksum(dataset: Any) -> str:
    """Fingerprint a data set: equal for equal contents, on every machine.

    Parameters
    ----------
    dataset : Dataset or Sequences
        Any data set.

    Returns
    -------
    str
        SHA-256, in hexadecimal, of the shape, the split, the points and the labels.
    """
    digest = hashlib.sha256(f"{dataset.inputs.shape} {dataset.n_train}\n".encode())
    digest.update(np.ascontiguousarray(dataset.inputs).data)
    digest.update(np.ascontiguousarray(dataset.labels, dtype="<i8").data)
    return digest.hexdigest()
