"""Living-17: photographs of 17 kinds of animals, four classes of ImageNet each, from its folders.

The benchmark is that of Santurkar, Tsipras and Madry (2021), who chose the classes.
"""

import csv
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from unlearning.datasets import imagenet_copy
from unlearning.datasets.base import Dataset, check_count, existing_folder
from unlearning.datasets.imagenet_copy import EXPECTED

CLASSES = 17
SUBPOPULATIONS = 68
TRAIN, VALIDATION = 88_400, 3_400
NEEDS_FOLDER = True
CLASS_FILE = Path(__file__).with_name("living17_classes.csv")
SHORTER_SIDE = 256
SIZE = (224, 224, 3)
THREADS = 4
LOGGED_EVERY = 2000

logger = logging.getLogger(__name__)


def superclasses() -> dict[str, str]:
    """Return the WordNet id of each subpopulation and its superclass, in the order of the data."""
    with CLASS_FILE.open(newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {row["wordnet_id"]: row["superclass"] for row in rows}


def _per_subpopulation(argument: str, count: int, split: str) -> int:
    """Images of one subpopulation if `count` are asked of a split."""
    available = TRAIN if split == "train" else VALIDATION
    check_count(argument, count, available, f"Living-17 in the folder {split} of ImageNet")
    if count % SUBPOPULATIONS:
        raise ValueError(
            f"{argument} is {count}, but each of the {SUBPOPULATIONS} classes of Living-17 gives "
            f"the same number of images: it must be a multiple of {SUBPOPULATIONS}."
        )
    return count // SUBPOPULATIONS


def _crop(image: Image.Image) -> Image.Image:
    """Resize the shorter side, as torchvision's ``Resize`` does, and cut out the centre."""
    shorter = min(image.size)
    width, height = (int(SHORTER_SIDE * side / shorter) for side in image.size)
    left, upper = round((width - SIZE[1]) / 2), round((height - SIZE[0]) / 2)
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return resized.crop((left, upper, left + SIZE[1], upper + SIZE[0]))


def _read(path: Path, pixels: np.ndarray) -> None:
    """Write the crop of the image in a file to `pixels`, of shape `SIZE`."""
    try:
        with Image.open(path) as image:
            if image.mode[0] in "IF":
                # Pillow would cut every grey level above 255 down to 255.
                raise ValueError(f"its pixels have more than 8 bits (mode {image.mode})")
            pixels[:] = _crop(image.convert("RGB"))
    except Exception as error:  # a damaged image can raise nearly anything
        raise ValueError(f"{path} cannot be read as an image: {error}.") from error


def load(*, n_train: int, n_validation: int, seed: int, folder: str | None) -> Dataset:
    """Load the same number of images of each of the 68 classes from a copy of ImageNet.

    The paper trains on 44,200 of the 88,400 images of these classes. 650 of each class are as
    many, but neither its choice nor its order: the indices of its published forget sets name
    other images here. Images come superclass by superclass as the file of classes lists them,
    within it by WordNet id, within that by file name (as text), of which the first are taken.
    Each is converted to RGB, resized to 256 pixels on its shorter side (bilinear, antialiased)
    and cut to the 224 x 224 pixels of its centre.

    What a file is, its contents say, not its suffix: a PNG named ``.JPEG`` is read. As torchvision
    does, grey becomes three equal channels, CMYK becomes RGB by its inks alone (no colour
    profile), transparency is left out, and an orientation in the EXIF data is not applied. Pixels
    of more than 8 bits are refused.

    Parameters
    ----------
    n_train, n_validation : int
        Number of images of each split, at most 88,400 and 3,400, both multiples of 68.
    seed : int
        Has no effect: the split is the data set's own.
    folder : str
        Root of the copy, in one of the layouts of `unlearning.datasets.imagenet_copy`; which one
        makes no difference. A folder without a ``.JPEG`` may have ``.jpeg`` or ``.jpg``, in upper
        or lower case. Other classes are ignored.

    Returns
    -------
    Dataset
        Images of shape ``(n_train + n_validation, 224, 224, 3)``, labels 0 to 16 of the
        superclasses, and a group for each WordNet id. 47,600 images take 7.2 GB.

    Raises
    ------
    FileNotFoundError
        If the folder, one of its two splits, a class folder or what says the classes of validation
        images without folders is missing.
    ValueError
        If a number of images is not as above, no folder is given, a class has too few images, a
        file is not a whole image of 8 bits, or one that says classes is not what it should be.
    """
    counts = {
        "train": _per_subpopulation("n_train", n_train, "train"),
        "val": _per_subpopulation("n_validation", n_validation, "val"),
    }
    if folder is None:
        raise ValueError(
            "folder is None, but ImageNet cannot be downloaded without an account: it must be "
            f"{EXPECTED}."
        )
    root = existing_folder(folder, EXPECTED)
    subpopulations = superclasses()
    found = imagenet_copy.find(root, subpopulations)
    files = [
        path for split, count in counts.items() for path in imagenet_copy.take(found[split], count)
    ]
    images = np.empty((len(files), *SIZE), np.uint8)
    with ThreadPoolExecutor(THREADS) as pool:
        for done, _ in enumerate(pool.map(_read, files, images), start=1):
            if done % LOGGED_EVERY == 0:
                logger.info("%d of %d images read", done, len(files))
    names = list(dict.fromkeys(subpopulations.values()))
    labels = np.array([names.index(name) for name in subpopulations.values()])
    per_class = counts["train"]
    return Dataset(
        images,
        np.concatenate([np.repeat(labels, count) for count in counts.values()]),
        n_train,
        CLASSES,
        {name: range(k * per_class, (k + 1) * per_class) for k, name in enumerate(subpopulations)},
    )
