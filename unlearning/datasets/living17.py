"""Living-17: photographs of 17 kinds of animals, four classes of ImageNet each, from its folders.

The benchmark is that of Santurkar, Tsipras and Madry (2021), who chose the classes.
"""

import csv
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from unlearning.datasets.base import Dataset, check_count, existing_folder

CLASSES = 17
SUBPOPULATIONS = 68
TRAIN, VALIDATION = 88_400, 3_400
NEEDS_FOLDER = True
CLASS_FILE = Path(__file__).with_name("living17_classes.csv")
SHORTER_SIDE = 256
SIZE = (224, 224, 3)
EXPECTED = (
    "the root of a copy of ImageNet (ILSVRC 2012), with train/<WordNet id>/*.JPEG and "
    "val/<WordNet id>/*.JPEG"
)
PER_SUBPOPULATION = {"train": 1300, "val": 50}
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
    available = SUBPOPULATIONS * PER_SUBPOPULATION[split]
    check_count(argument, count, available, f"Living-17 in the folder {split} of ImageNet")
    if count % SUBPOPULATIONS:
        raise ValueError(
            f"{argument} is {count}, but each of the {SUBPOPULATIONS} classes of Living-17 gives "
            f"the same number of images: it must be a multiple of {SUBPOPULATIONS}."
        )
    return count // SUBPOPULATIONS


def _some(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _check_folders(root: Path, subpopulations: Collection[str]) -> None:
    """Check that ImageNet is where it is said to be: a folder a class in train and in val."""
    for split in PER_SUBPOPULATION:
        if not (root / split).is_dir():
            raise FileNotFoundError(f"{root} has no folder {split}; it must be {EXPECTED}.")
        missing = [name for name in subpopulations if not (root / split / name).is_dir()]
        if missing:
            found = {path.name for path in (root / split).iterdir() if path.is_dir()}
            others = sorted(found.difference(subpopulations))
            raise FileNotFoundError(
                f"{root / split} lacks {len(missing)} of the {SUBPOPULATIONS} class folders of "
                f"Living-17, named by WordNet ids: {_some(missing)}; "
                f"its other folders are {_some(others) if others else 'none'}."
            )


def _files(folder: Path, subpopulations: Collection[str], count: int) -> list[Path]:
    """Return the first files of each class folder, by name."""
    files: list[Path] = []
    short = []
    for name in subpopulations:
        found = sorted((folder / name).glob("*.JPEG"))
        if len(found) < count:
            short.append(f"{name} ({len(found)})")
        files += found[:count]
    if short:
        raise ValueError(
            f"{folder} has class folders with fewer than the {count} images (*.JPEG) asked of "
            f"each: {_some(short)}."
        )
    return files


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

    Parameters
    ----------
    n_train, n_validation : int
        Number of images of each split, at most 88,400 and 3,400, both multiples of 68.
    seed : int
        Has no effect: the split is the data set's own.
    folder : str
        Root of the copy: images in ``train/<WordNet id>/*.JPEG`` and ``val/<WordNet id>/*.JPEG``.
        Folders of other classes are ignored.

    Returns
    -------
    Dataset
        Images of shape ``(n_train + n_validation, 224, 224, 3)``, labels 0 to 16 of the
        superclasses, and a group for each WordNet id. 47,600 images take 7.2 GB.

    Raises
    ------
    FileNotFoundError
        If the folder, one of its two splits or a class folder is missing.
    ValueError
        If a number of images is not as above, no folder is given, a class has too few images, or
        a file is not a whole image.
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
    _check_folders(root, subpopulations)
    files = [
        path
        for split, count in counts.items()
        for path in _files(root / split, subpopulations, count)
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
