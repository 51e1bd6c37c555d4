"""Where a copy of ImageNet (ILSVRC 2012) has its photographs, in the layouts that people have.

- ``train/<WordNet id>/*.JPEG`` and ``val/<WordNet id>/*.JPEG``.
- The same with the validation images in no folders, as they are published, and beside them either
  ``LOC_val_solution.csv``, Kaggle's table of their WordNet ids, or the published
  ``ILSVRC2012_validation_ground_truth.txt``, whose numbers mean what ``meta.mat`` of the
  development kit says.
- Kaggle's tree, where `train` and `val` are in ``ILSVRC/Data/CLS-LOC``.

All of them give the same files in the same order. What is something else is named.
"""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

SPLITS = ("train", "val")
KAGGLE = Path("ILSVRC", "Data", "CLS-LOC")
TABLE = "LOC_val_solution.csv"
GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
NUMBERS = "meta.mat"
DEVELOPMENT_KIT = Path("ILSVRC2012_devkit_t12", "data")
VALIDATION_IMAGE = re.compile(r"ILSVRC2012_val_(\d{8})")
WORDNET_ID = re.compile(r"n\d{8}")
EXPECTED = (
    "the root of a copy of ImageNet (ILSVRC 2012), with train/<WordNet id>/*.JPEG and "
    f"val/<WordNet id>/*.JPEG, or val/*.JPEG beside {TABLE}, or beside {GROUND_TRUTH} and "
    f"{NUMBERS}; or of Kaggle's copy, which has them in {KAGGLE}"
)

#: For each class its files, by name.
Photographs = dict[str, list[Path]]


class Split(NamedTuple):
    """The photographs of a split, and the folder that they are in."""

    folder: Path
    photographs: Photographs


def find(root: Path, classes: Collection[str]) -> dict[str, Split]:
    """Find the photographs of some classes in a copy of ImageNet.

    Parameters
    ----------
    root : of the copy
    classes : WordNet ids

    Returns
    -------
    dict
        For ``"train"`` and ``"val"`` the split: WordNet id -> files, sorted by name, in the order
        of `classes`. A class can have none.

    Raises
    ------
    FileNotFoundError
        When a split, a class folder, or what says the classes of validation images is missing.
    ValueError
        When a file that says classes is not what it should be.
    """
    base = _base(root)
    for split in SPLITS:
        if not (base / split).is_dir():
            raise FileNotFoundError(
                f"{base} has no folder {split}{_instead(base, split)}; it must be {EXPECTED}."
            )
    train, val = base / "train", base / "val"
    flat = not any((val / name).is_dir() for name in classes) and bool(_validation_images(val))
    return {
        "train": Split(train, _in_folders(train, classes)),
        "val": Split(
            val, _without_folders(val, classes, root) if flat else _in_folders(val, classes)
        ),
    }


def take(split: Split, count: int) -> list[Path]:
    """Return the first files of each class, as many of each.

    Raises
    ------
    ValueError
        When a class has fewer: names it, and what else is in its folder.
    """
    folder, photographs = split
    short = {name: files for name, files in photographs.items() if len(files) < count}
    if short:
        first, files = next(iter(short.items()))
        kind = "class folders" if (folder / first).is_dir() else "classes"
        counted = [f"{name} ({len(found)})" for name, found in short.items()]
        raise ValueError(
            f"{folder} has {kind} with fewer than the {count} images (*.JPEG) asked of each: "
            f"{_some(counted)}.{_others(folder / first, files)}{_unpack(folder / first)}"
        )
    return [path for files in photographs.values() for path in files[:count]]


def _others(folder: Path, files: list[Path]) -> str:
    """Return which files of a class folder were not taken for photographs."""
    suffixes = {f"*{path.suffix}" for path in _visible(folder) if path not in files}
    return f" {folder.name} has {_some(sorted(suffixes))} as well." if suffixes else ""


def _base(root: Path) -> Path:
    """Return the folder that should have `train` and `val`."""
    for base in (root, root / KAGGLE, root / KAGGLE.relative_to("ILSVRC")):
        if any((base / split).is_dir() for split in SPLITS):
            return base
    return root


def _in_folders(folder: Path, classes: Collection[str]) -> Photographs:
    missing = [name for name in classes if not (folder / name).is_dir()]
    if missing:
        found = {path.name for path in folder.iterdir() if path.is_dir()}
        others = sorted(found.difference(classes))
        raise FileNotFoundError(
            f"{folder} lacks {len(missing)} of the {len(classes)} class folders of "
            f"Living-17, named by WordNet ids: {_some(missing)}; "
            f"its other folders are {_some(others) if others else 'none'}.{_unpack(folder)}"
        )
    return {name: _images(folder / name) for name in classes}


def _images(folder: Path) -> list[Path]:
    """Return the photographs of a folder: by the published suffix, or by another if none has it."""
    visible = _visible(folder)
    published = [path for path in visible if path.suffix == ".JPEG"]
    return published or [path for path in visible if path.suffix.lower() in (".jpeg", ".jpg")]


def _visible(folder: Path) -> list[Path]:
    """Return the files of a folder by name, without the hidden ones that some systems add."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _validation_images(folder: Path) -> list[Path]:
    return [path for path in _images(folder) if VALIDATION_IMAGE.fullmatch(path.stem)]


def _without_folders(val: Path, classes: Collection[str], root: Path) -> Photographs:
    """Return the validation images of each class by the table that is beside them."""
    places = list(_places(val, root))
    tables = [place / TABLE for place in places if (place / TABLE).is_file()]
    truths = [place / GROUND_TRUTH for place in places if (place / GROUND_TRUTH).is_file()]
    if tables:
        labels = _from_table(tables[0])
    elif truths:
        labels = _from_ground_truth(truths[0], places)
    else:
        raise FileNotFoundError(
            f"{val} has images in no class folders, and nothing beside it says their classes: "
            f"neither {TABLE} nor {GROUND_TRUTH}; put one there, or the images into folders "
            "named by WordNet ids."
        )
    photographs: Photographs = {name: [] for name in classes}
    for path in _validation_images(val):
        if path.stem not in labels:
            raise ValueError(f"{(tables or truths)[0]} does not say the class of {path.name}.")
        photographs.get(labels[path.stem], []).append(path)
    return photographs


def _places(val: Path, root: Path) -> Iterator[Path]:
    """Yield the folders in which people keep what comes with the images."""
    base = val.parent.resolve()
    above = [base]
    if base.parts[-2:] == KAGGLE.parts[-2:]:
        above += [base.parents[1], base.parents[2]]
    for folder in dict.fromkeys([*above, root.resolve()]):
        yield from (folder, folder / DEVELOPMENT_KIT, folder / DEVELOPMENT_KIT.name)
    yield val


def _from_table(path: Path) -> dict[str, str]:
    """Return the WordNet id of each image: a class and a box, or more boxes of that class."""
    labels = {}
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
        rows = csv.DictReader(lines)
        if not {"ImageId", "PredictionString"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{path} must have the columns ImageId and PredictionString.")
        for row in rows:
            found = set((row["PredictionString"] or "").split()[::5])
            if len(found) != 1 or not WORDNET_ID.fullmatch(next(iter(found))):
                raise ValueError(
                    f"{path}, line {rows.line_num}: PredictionString must be a WordNet id and a "
                    f"box, again and again with the same id, not {row['PredictionString']!r}."
                )
            labels[row["ImageId"]] = found.pop()
    return labels


def _from_ground_truth(path: Path, places: list[Path]) -> dict[str, str]:
    """Return the WordNet id of each image: line k has the number of the class of image k."""
    kits = [place / NUMBERS for place in places if (place / NUMBERS).is_file()]
    if not kits:
        raise FileNotFoundError(
            f"{path} gives numbers of classes, and which WordNet ids they are stands in {NUMBERS} "
            f"of the development kit, which is missing: put it beside it, or {TABLE} in its place."
        )
    ids = _numbers(kits[0])
    labels = {}
    for number, line in enumerate(path.read_text(errors="replace").split(), start=1):
        if not line.isdecimal() or int(line) not in ids:
            raise ValueError(f"{path}, line {number}: {line!r} is no class of {kits[0]}.")
        labels[f"ILSVRC2012_val_{number:08d}"] = ids[int(line)]
    return labels


def _numbers(path: Path) -> Mapping[int, str]:
    """Return the WordNet id of each number of a class, from the table of the development kit."""
    # Only this layout needs scipy, whose import takes a moment.
    from scipy.io import loadmat

    try:
        synsets = loadmat(path, squeeze_me=True)["synsets"]
        ids = {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in synsets}
    except Exception as error:  # a damaged file can raise nearly anything
        raise ValueError(f"{path} is not the table of classes of ILSVRC 2012: {error}.") from error
    if len(ids) != len(synsets) or not all(map(WORDNET_ID.fullmatch, ids.values())):
        raise ValueError(f"{path} is not the table of classes of ILSVRC 2012.")
    return ids


def _instead(base: Path, split: str) -> str:
    """Return what a copy has in place of a split, and what to do about it."""
    archive = f"ILSVRC2012_img_{split}"
    if (base / archive).is_dir():
        return f", but a folder {archive}: call it {split}"
    if (base / f"{archive}.tar").is_file():
        return f", but {archive}.tar: unpack it there"
    return ""


def _unpack(folder: Path) -> str:
    """Return what to do with archives in a folder, if it has any."""
    archives = sorted(folder.glob("*.tar")) if folder.is_dir() else []
    if not archives:
        return ""
    name = archives[0].stem
    return (
        f" It has archives, such as {name}.tar: unpack each into a folder of its name "
        f"(mkdir {name}; tar -xf {name}.tar -C {name})."
    )


def _some(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
