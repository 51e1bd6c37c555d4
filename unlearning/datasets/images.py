"""Images brought to one size, and what their pixels are normalised with."""

import math

import numpy as np

from unlearning.datasets.base import Dataset


def pad(images: np.ndarray, size: int) -> np.ndarray:
    """Centre images in larger, square ones that are zero around them.

    Parameters
    ----------
    images : np.ndarray
        Images of shape ``(images, height, width, channels)``.
    size : int
        Height and width in pixels of the result. An odd difference leaves the larger border below
        and to the right.

    Returns
    -------
    np.ndarray
        Images of shape ``(images, size, size, channels)`` and the type of `images`.

    Raises
    ------
    ValueError
        If `size` is smaller than the height or the width.
    """
    height, width = images.shape[1:3]
    if size < max(height, width):
        raise ValueError(
            f"size is {size}, but images of {height} x {width} pixels need {max(height, width)}."
        )
    borders = [((size - side) // 2, (size - side + 1) // 2) for side in (height, width)]
    return np.pad(images, [(0, 0), *borders, (0, 0)])


def normalisation(dataset: Dataset) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of the training images, scaled to [0, 1].

    Parameters
    ----------
    dataset : Dataset
        Any data set; its validation images have no influence.

    Returns
    -------
    mean, std : list of float
        One value per channel, of pixels divided by 255. The standard deviation is that of the
        population; where a channel is constant it is 1, so that dividing by it is harmless.
    """
    train = dataset.images[: dataset.n_train]
    # Sums of integers are exact, and unlike a copy in float64 take no memory.
    totals = train.sum(axis=(0, 1, 2), dtype=np.int64).tolist()
    squares = np.einsum("nhwc,nhwc->c", train, train, dtype=np.int64, casting="safe").tolist()
    pixels = train[..., 0].size
    mean = [total / (255 * pixels) for total in totals]
    std = [
        math.sqrt(pixels * square - total**2) / (255 * pixels) or 1.0
        for total, square in zip(totals, squares, strict=True)
    ]
    return mean, std
