"""Fashion-MNIST: 70,000 grey pictures of clothes, 28 x 28 pixels, read from its idx files."""

import math
import zlib
from pathlib import Path

import numpy as np

from unlearning.datasets.base import (
    Dataset,
    check_count,
    check_images,
    download,
    existing_folder,
    from_splits,
)

SIZE = (28, 28, 1)
CLASSES = 10
LARGEST_CLASS = 6_000
TRAIN, VALIDATION = 60_000, 10_000
EXPECTED = "the folder of the four idx files, such as train-images-idx3-ubyte.gz"


def _read_contents(path: Path) -> bytes:
    """Contents of a file, decompressed if its name says so, and as far as it goes if cut short."""
    contents = path.read_bytes()
    if path.suffix != ".gz":
        return contents
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(contents)
    except zlib.error as error:
        raise ValueError(f"{path} is not a gzip file, or is damaged: {error}.") from error


def _read_idx(folder: Path, name: str, dimensions: int) -> tuple[Path, np.ndarray]:
    """Path and array of an idx file of bytes with the given number of dimensions."""
    # The compressed file comes first: unlike the plain one it carries a check of its contents.
    candidates = [path for path in (folder / f"{name}.gz", folder / name) if path.is_file()]
    if not candidates:
        raise FileNotFoundError(f"{folder} holds neither {name}.gz nor {name}.")
    path = candidates[0]
    contents = _read_contents(path)
    # A magic number (0, 0, 8 for bytes, number of dimensions), each dimension, then the bytes.
    magic = bytes([0, 0, 8, dimensions])
    if contents[:4] != magic:
        raise ValueError(
            f"{path} is not an idx file of bytes in {dimensions} dimensions: it begins with "
            f"0x{contents[:4].hex()}, not 0x{magic.hex()}."
        )
    header = 4 + 4 * dimensions
    shape = [int.from_bytes(contents[at : at + 4], "big") for at in range(4, header, 4)]
    expected = header + math.prod(shape)
    if len(contents) != expected:
        raise ValueError(
            f"{path} is cut short or damaged: its header announces {expected} bytes, "
            f"and {len(contents)} were found."
        )
    return path, np.frombuffer(contents, np.uint8, offset=header).reshape(shape)


def _read_split(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    """Images ``(images, 28, 28, 1)`` and labels ``(images,)`` of the files of one split."""
    path, pixels = _read_idx(folder, f"{prefix}-images-idx3-ubyte", 3)
    if pixels.shape[1:] != SIZE[:2]:
        raise ValueError(
            f"{path} holds images of {pixels.shape[1]} x {pixels.shape[2]} pixels, "
            f"and those of Fashion-MNIST have {SIZE[0]} x {SIZE[1]}."
        )
    labels_path, labels = _read_idx(folder, f"{prefix}-labels-idx1-ubyte", 1)
    images, numbers = pixels[..., None], labels.astype(np.int64)
    check_images(images, numbers, CLASSES, f"{path} with {labels_path.name}")
    return images, numbers


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Dataset:
    """Load the first images of the training files and of the test files, in published order.

    Parameters
    ----------
    n_train, n_validation : int
        Number of images of each split, at most 60,000 and 10,000.
    seed : int
        Has no effect: the split is the data set's own.
    folder : str or None
        Folder of the four idx files, each compressed (``.gz``) or plain. None downloads them into
        the cache, see `base.download`.

    Returns
    -------
    Dataset
        Images of shape ``(n_train + n_validation, 28, 28, 1)``.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its files is missing, or the download fails.
    ValueError
        If a split is empty, more images are asked for than there are, or a file is not the idx
        file that it should be.
    """
    check_count("n_train", n_train, TRAIN, "the training split of Fashion-MNIST")
    check_count("n_validation", n_validation, VALIDATION, "the test split of Fashion-MNIST")
    if folder is None:
        files = download("FashionMNIST") / "FashionMNIST" / "raw"
    else:
        files = existing_folder(folder, EXPECTED)
    return from_splits(
        _read_split(files, "train"),
        _read_split(files, "t10k"),
        n_train=n_train,
        n_validation=n_validation,
        classes=CLASSES,
        source=f"Fashion-MNIST in {files}",
    )
