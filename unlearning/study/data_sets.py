"""What is known of a data set before it is read: the constants that its loader states.

Pure Python, because the Snakefile imports it: loaders are parsed, not imported. The facts stand in
the loader, which needs them as well, and not here: an edit here must not prepare any data again.
"""

import ast
import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from unlearning.study.sources import ROOT, parsed

FOLDER = ROOT / "unlearning" / "datasets"
#: Constants of a loader that say how many there are.
COUNTS = ("CLASSES", "LARGEST_CLASS", "TRAIN", "VALIDATION", "AVAILABLE")


@dataclass(frozen=True)
class DataSet:
    """Facts of a data set; None and empty where its loader states none.

    Attributes
    ----------
    side, channels : pixels a side of its images, and their channels: ``SIZE``, which must be
        (height, width, channels) with height and width equal
    context : tokens of its sequences: ``SIZE``, which must be (context,)
    classes : of its labels: ``CLASSES``
    largest_class : images that the largest class has to train on, or more: ``LARGEST_CLASS``
    train, validation : images that there are to train and to validate on: ``TRAIN``,
        ``VALIDATION``
    together : images that there are for both, of a data set without a split: ``AVAILABLE``
    needs_folder : whether it can be had from a folder alone: ``NEEDS_FOLDER``
    reads_no_files : whether it refuses a folder
    reads : pattern of the files of a folder that are looked at before each run, because people edit
        them: ``READS``
    groups : named subpopulations of equal size: ``GROUPS``, or the column ``wordnet_id`` of the
        table ``<name>_classes.csv`` beside the loader; None of a loader without either that speaks
        of groups: its own are not known
    """

    side: int | None = None
    channels: int | None = None
    context: int | None = None
    classes: int | None = None
    largest_class: int | None = None
    train: int | None = None
    validation: int | None = None
    together: int | None = None
    needs_folder: bool = False
    reads_no_files: bool = False
    reads: str | None = None
    groups: tuple[str, ...] | None = None

    @property
    def kind(self) -> str:
        """What its points are."""
        return "images" if self.context is None else "sequences"

    @property
    def parts(self) -> int:
        """Number of groups of which each gives as many images as any other; 1 without groups."""
        return len(self.groups or ()) or 1


@cache
def facts(name: str) -> DataSet:
    """Return what the loader of a data set states of it; nothing where there is no such loader.

    Raises
    ------
    ValueError
        When the loader is no Python, or one of `COUNTS` no number of things.
    """
    path = FOLDER / f"{name}.py"
    if not path.is_file():
        return DataSet()
    stated: dict[str, Any] = {}
    imported: set[str] = set()
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            stated |= _constants(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value:
            stated |= _constants(node.target, node.value)
    for key, value in stated.items():
        if key in COUNTS and (type(value) is not int or value < 1):
            raise ValueError(
                f"unlearning/datasets/{name}.py: {key} = {value!r} must be a whole number "
                "greater than 0"
            )
    side, channels, context = _shape(stated.get("SIZE"))
    return DataSet(
        side=side,
        channels=channels,
        context=context,
        classes=stated.get("CLASSES"),
        largest_class=stated.get("LARGEST_CLASS"),
        train=stated.get("TRAIN"),
        validation=stated.get("VALIDATION"),
        together=stated.get("AVAILABLE"),
        needs_folder=stated.get("NEEDS_FOLDER", False),
        reads_no_files="check_no_folder" in imported,
        reads=stated.get("READS"),
        groups=stated.get("GROUPS") or _groups(name, None if "group" in path.read_text() else ()),
    )


def read_files(dataset: dict[str, Any]) -> list[str]:
    """Return the files that a study's data are read from, where they are looked at.

    Parameters
    ----------
    dataset : ``name`` and ``folder``
    """
    pattern, folder = facts(dataset["name"]).reads, dataset["folder"]
    if pattern is None or folder is None:
        return []
    return sorted(str(path) for path in Path(folder).expanduser().glob(pattern))


def inputs(name: str, pad_to: int | None = None) -> tuple[tuple[int, ...], int]:
    """Return the shape of a data set's points as networks see them, and its classes.

    Parameters
    ----------
    name : of the data set
    pad_to : pixels a side that images are padded to, None for their own

    Returns
    -------
    shape : (channels, height, width) of images, (context,) of sequences
    classes : number of them; of sequences, the number of tokens

    Raises
    ------
    ValueError
        If its loader does not state them.
    """
    known = facts(name)
    if known.classes is not None and known.context is not None:
        return (known.context,), known.classes
    if known.side is None or known.channels is None or known.classes is None:
        raise ValueError(
            f"unlearning/datasets/{name}.py does not say what its points are: write "
            "SIZE = (height, width, channels), height and width equal, or SIZE = (context,) of "
            "sequences, and CLASSES, in plain numbers"
        )
    side = pad_to or known.side
    return (known.channels, side, side), known.classes


def _shape(size: Any) -> tuple[int | None, int | None, int | None]:
    """Return pixels a side, channels and context of a ``SIZE``, None where it has none."""
    match size:
        case (int(height), int(width), int(channels)) if height == width > 0 < channels:
            return height, channels, None
        case (int(context),) if context > 1:
            return None, None, context
    return None, None, None


def _constants(target: ast.expr, constants: ast.expr) -> dict[str, Any]:
    """Return names and values of an assignment of constants, such as ``TRAIN, TEST = 6, 1``."""
    try:
        value = ast.literal_eval(constants)
    except ValueError:
        return {}
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple) and all(isinstance(part, ast.Name) for part in target.elts):
        names = [part.id for part in target.elts if isinstance(part, ast.Name)]
        return dict(zip(names, value, strict=False))
    return {}


def _groups(name: str, otherwise: tuple[str, ...] | None) -> tuple[str, ...] | None:
    table = FOLDER / f"{name}_classes.csv"
    if not table.is_file():
        return otherwise
    with table.open(newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return tuple(row["wordnet_id"] for row in rows)
