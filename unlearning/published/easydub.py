"""The layout of EasyDUB: one file a member and split, with the margins of the split's points.

Published for CIFAR-10 and ResNet-9: 200 pretrained members, and as many oracles of each forget set.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unlearning.datasets.cifar10 import TRAIN, VALIDATION
from unlearning.networks.stacking import Weights
from unlearning.published.forget_sets import INDICES
from unlearning.published.reading import (
    Margins,
    checked_margins,
    member_files,
    published_order,
    read_npy,
    read_resnet9,
)
from unlearning.published.recomputed import alike

REPOSITORY = "easydub/EasyDUB-dataset"

# Where things are; ``{}`` is the member, or the number of a forget set.
PRETRAINED = "margins/cifar10/pretrain/{split}/resnet9/id_{{}}_epoch_23.npy"
ORACLE = "margins/cifar10/oracle/forget_{number}/{split}/resnet9/id_{{}}_epoch_23.npy"
WEIGHTS = "models/cifar10/pretrain/resnet9/id_{}_epoch_23.pt"
# A pretrained member's margins of the forgotten points. Its margins of the whole training set hold
# them too, so that they show in which order files of forgotten points are.
ORDERED = "margins/cifar10/pretrain/forget_{}/resnet9/id_0_epoch_23.npy"


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
    names = [*(PRETRAINED.format(split=split) for split in ("retain", "val")), WEIGHTS]
    return [name.format(member) for name in names]


def oracle_files(member: int | str, number: int) -> list[str]:
    """List the files that an oracle of a forget set needs.

    Parameters
    ----------
    member : its number, or a pattern of numbers
    number : of the forget set

    Returns
    -------
    list of str
        Paths within the source.
    """
    splits = ("retain", "forget", "val")
    names = [ORACLE.format(number=number, split=split).format(member) for split in splits]
    return [*names, INDICES["easydub"].format(number), ORDERED.format(number)]


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
    folder : with the layout's folders ``margins``, ``models`` and ``forget_sets``
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
    margins = np.empty((len(members), n_train + n_validation), np.float32)
    # Their split of this name is the whole training set: a forget set is left out by its reader.
    _fill(margins, folder, members, PRETRAINED.format(split="retain"), np.arange(n_train))
    _fill(
        margins, folder, members, PRETRAINED.format(split="val"), n_train + np.arange(n_validation)
    )
    return margins


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
        As `pretrained_margins`, and when the forget set is another one, or margins of its points
        come in another order than its indices.
    """
    # Retained points come in the order of the data set, forgotten ones in that of their file.
    order = published_order(Path(folder) / INDICES["easydub"].format(number), forget, n_train)
    _check_order(Path(folder), number, order, n_train)
    splits = {
        "retain": np.setdiff1d(np.arange(n_train), order),
        "forget": order,
        "val": n_train + np.arange(n_validation),
    }
    margins = np.empty((len(members), n_train + n_validation), np.float32)
    for split, points in splits.items():
        _fill(margins, folder, members, ORACLE.format(number=number, split=split), points)
    return margins


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


def _check_order(folder: Path, number: int, order: NDArray[np.int64], n_train: int) -> None:
    """Refuse margins of forgotten points that are not in the order of the indices.

    No score on the retained points would show it, and each on the forgotten ones would be wrong.
    """
    whole = folder / PRETRAINED.format(split="retain").format(0)
    part = folder / ORDERED.format(number)
    among_all = checked_margins(read_npy(whole), (n_train,), whole)[order]
    if not alike(among_all, checked_margins(read_npy(part), order.shape, part)):
        raise ValueError(
            f"{part} does not hold the margins that {whole.name} has in the folder retain for the "
            f"points of {INDICES['easydub'].format(number)}, in that order: the order of forgotten "
            "points in files of oracles is not known."
        )


def _fill(
    margins: Margins,
    folder: str | Path,
    members: Sequence[int],
    name: str,
    points: NDArray[np.int64],
) -> None:
    """Read one file a member into the columns of the points."""
    for row, path in zip(margins, member_files(Path(folder), name, members), strict=True):
        row[points] = checked_margins(read_npy(path), points.shape, path)
