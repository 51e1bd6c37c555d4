"""Handwritten digits of 8 x 8 pixels, the small data set that comes with scikit-learn."""

import numpy as np
from sklearn.datasets import load_digits

from unlearning.datasets.base import Dataset, check_count, check_no_folder

SIZE = (8, 8, 1)
CLASSES = 10
LARGEST_CLASS = 183
AVAILABLE = 1797


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Dataset:
    """Load the digits, split at random once and for all by the seed.

    Parameters
    ----------
    n_train, n_validation : int
        Number of images of each split, together at most 1,797.
    seed : int
        Seed of the permutation whose first `n_train` images are the training images and whose
        next `n_validation` images are the validation images.
    folder : None
        The images come with scikit-learn: there is no folder to give.

    Returns
    -------
    Dataset
        Images of shape ``(n_train + n_validation, 8, 8, 1)``, their 17 grey levels stretched to
        0 to 255.

    Raises
    ------
    ValueError
        If a split is empty, more images are asked for than there are, or a folder is given.
    """
    source = "digits, the data set of scikit-learn,"
    check_no_folder(folder, source)
    check_count("n_train", n_train, AVAILABLE, source)
    check_count("n_validation", n_validation, AVAILABLE, source)
    check_count("n_train + n_validation", n_train + n_validation, AVAILABLE, source)
    digits = load_digits()
    chosen = np.random.default_rng(seed).permutation(AVAILABLE)[: n_train + n_validation]
    images = np.rint(digits.images[chosen] * (255 / 16)).astype(np.uint8)
    labels = digits.target[chosen].astype(np.int64)
    return Dataset(images[..., None], labels, n_train, CLASSES)
