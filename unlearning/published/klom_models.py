"""The layout of KLOM-models: one tensor of all members' margins a split, in data-set order.

Published for CIFAR-10 and ResNet-9: 200 pretrained members, 160 to 200 oracles of each forget set.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from unlearning.datasets.cifar10 import TRAIN, VALIDATION
from unlearning.networks.stacking import Weights
from unlearning.published.forget_sets import INDICES
from unlearning.published.reading import (
    Margins,
    checked_margins,
    member_files,
    published_order,
    read_resnet9,
    read_tensor,
)

REPOSITORY = "royrin/KLOM-models"

# Where things are; ``{}`` is the member, or the number of a forget set.
PRETRAINED = "full_models/CIFAR10"
ORACLE = "oracle_models/CIFAR10/only_margins/forget_set_{}"
WEIGHTS = "full_models/CIFAR10/sd_{}____epoch_23.pt"
SPLITS = ("train_margins_all.pt", "val_margins_all.pt")
# Beside the oracles, the same files of models that were trained on the forget set too.
NO_ORACLES = "oracles"


def pretrained_files(member: int | str) -> list[str]:
    """List the files of a pretrained member, margins and checkpoint.

    Parameters
    ----------
    member : its number, or a pattern of numbers

    Returns
    -------
    list of str
        Paths within the source.
    """
    return [*(f"{PRETRAINED}/{split}" for split in SPLITS), WEIGHTS.format(member)]


def oracle_files(member: int | str, number: int) -> list[str]:
    """List the files that an oracle of a forget set needs.

    Parameters
    ----------
    member : its number, or a pattern of numbers; all have the same files
    number : of the forget set

    Returns
    -------
    list of str
        Paths within the source.
    """
    margins = [f"{ORACLE.format(number)}/{split}" for split in SPLITS]
    return [*margins, INDICES["klom_models"].format(number)]


def pretrained_margins(
    folder: str | Path,
    members: Sequence[int],
    *,
    n_train: int = TRAIN,
    n_validation: int = VALIDATION,
) -> Margins:
    """Read the margins of pretrained members.

    Parameters
    ----------
    folder : with the layout's folders ``full_models``, ``oracle_models``, ``forget_set_indices``
    members : (M,) numbers of the members, from 0
    n_train, n_validation : number of points of either split

    Returns
    -------
    ndarray of float32, shape (M, n_train + n_validation)
        In the order of the data set, training points first.

    Raises
    ------
    ValueError
        When a member is missing, or a file is not as the layout says: names the file.
    """
    return _joined(Path(folder) / PRETRAINED, members, (n_train, n_validation))


def oracle_margins(
    folder: str | Path,
    number: int,
    members: Sequence[int],
    forget: ArrayLike,
    *,
    n_train: int = TRAIN,
    n_validation: int = VALIDATION,
) -> Margins:
    """Read the margins of oracles of a forget set.

    Parameters
    ----------
    folder, members, n_train, n_validation
        As in `pretrained_margins`.
    number : of the forget set
    forget : (size,) indices of the study's forget set, which must be the published one

    Returns
    -------
    ndarray of float32, shape (M, n_train + n_validation)
        In the order of the data set, forgotten points at their places.

    Raises
    ------
    ValueError
        As `pretrained_margins`, when the forget set is another one, and when the folder has only
        the models that are no oracles.
    """
    root = Path(folder)
    published_order(root / INDICES["klom_models"].format(number), forget, n_train)
    oracles = root / ORACLE.format(number)
    if not oracles.is_dir() and (root / NO_ORACLES).is_dir():
        raise ValueError(
            f"{oracles} is missing, and {root / NO_ORACLES} is not taken instead: its models were "
            "trained on the forget sets too, so they are no oracles."
        )
    return _joined(oracles, members, (n_train, n_validation))


def pretrained_weights(folder: str | Path, member: int) -> Weights:
    """Read a pretrained member's checkpoint.

    Returns
    -------
    dict of Tensor
        Names of `unlearning.networks.models.resnet9` at full width -> float32 tensors.

    Raises
    ------
    ValueError
        When the file is missing or unsafe, or does not fit the network: names the first tensor.
    """
    return read_resnet9(member_files(Path(folder), WEIGHTS, [member])[0])


def _joined(folder: Path, members: Sequence[int], points: tuple[int, int]) -> Margins:
    """Read both splits' margins of some members."""
    splits = []
    for name, count in zip(SPLITS, points, strict=True):
        path = folder / name
        margins = checked_margins(read_tensor(path), (None, count), path)
        if max(members) >= len(margins):
            raise ValueError(
                f"{path} has no member {max(members)}: members asked for {len(members)}, members "
                f"in it {len(margins)}, counted from 0."
            )
        splits.append(margins[list(members)])
    return np.concatenate(splits, axis=1)
