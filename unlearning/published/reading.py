"""Read published files safely: plain arrays and tensors only, checked before they are used."""

import pickle
import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from unlearning.datasets.cifar10 import CLASSES, SIZE
from unlearning.forget_sets import read_indices, validate
from unlearning.networks.models import resnet9
from unlearning.networks.stacking import Weights

Margins = NDArray[np.float32]

# A counter of training batches, in which no margin has a part.
UNUSED = "num_batches_tracked"


def read_npy(path: Path) -> NDArray[Any]:
    """Read one array (.npy), never a pickle.

    Raises
    ------
    ValueError
        When the file is missing, damaged, or holds objects, which only running code could restore.
    """
    try:
        with path.open("rb") as stream:
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"{path} cannot be read as a plain array, and nothing else is: {reason}."
        ) from error
    return array


def read_pt(path: Path) -> Any:
    """Read tensors, and lists and dictionaries of them, as `torch.save` writes them.

    Raises
    ------
    ValueError
        When the file is missing or damaged, or restoring it would run code that it names.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named:
            raise ValueError(
                f"{path} is refused: reading it would run code that it names ({named[1]}), "
                "and only files of plain tensors are read."
            ) from error
        reason = getattr(error, "strerror", None) or "it is damaged, or was not saved by torch"
        raise ValueError(f"{path} cannot be read as tensors: {reason}.") from error


def read_tensor(path: Path) -> NDArray[Any]:
    """Read a file (.pt) of one tensor as an array.

    Raises
    ------
    ValueError
        As `read_pt`, or when it holds something else or a type that arrays do not have.
    """
    value = read_pt(path)
    if not isinstance(value, Tensor) or value.dtype == torch.bfloat16:
        found = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"{path} holds {found}, not one tensor of float16, float32 or float64.")
    return value.detach().numpy()


def checked_margins(values: NDArray[Any], shape: tuple[int | None, ...], path: Path) -> Margins:
    """Check an array of margins and convert it.

    Parameters
    ----------
    values : margins as they were published
    shape : expected shape; None allows any length
    path : the file, for errors

    Raises
    ------
    ValueError
        When type or shape are not as expected, or a margin is not finite (in float32).
    """
    if values.dtype.kind != "f" or values.dtype.itemsize not in (2, 4, 8):
        raise ValueError(
            f"{path} holds {values.dtype}; margins must be float16, float32 or float64."
        )
    fits = values.ndim == len(shape) and all(
        wanted in (None, found) for wanted, found in zip(shape, values.shape, strict=True)
    )
    if not fits:
        expected = tuple("any" if length is None else length for length in shape)
        raise ValueError(f"{path} holds margins of shape {values.shape}, expected {expected}.")
    with np.errstate(over="ignore"):
        margins = values.astype(np.float32)
    bad = margins.size - np.count_nonzero(np.isfinite(margins))
    if bad:
        raise ValueError(
            f"{path} holds {bad} margins of {margins.size} that are NaN or infinite in float32; "
            "all must be finite."
        )
    return margins


def member_files(folder: Path, name: str, members: Sequence[int]) -> list[Path]:
    """Find the files of ensemble members.

    Parameters
    ----------
    folder : of the whole source
    name : path in it, with ``{}`` for the number of the member
    members : numbers of the members needed

    Raises
    ------
    ValueError
        When one is missing: names it and says how many there are.
    """
    paths = [folder / name.format(member) for member in members]
    for path in paths:
        if not path.is_file():
            there = len(list(folder.glob(name.format("*"))))
            raise ValueError(
                f"{path} is missing: members asked for {len(paths)}, members in its folder {there}."
            )
    return paths


def published_order(path: Path, forget: ArrayLike, n_train: int) -> NDArray[np.int64]:
    """Read a published forget set in the order of its file, and compare it with the study's.

    Raises
    ------
    ValueError
        When it cannot be read, is no forget set, or is another one.
    """
    order = read_indices(path)
    published = validate(order, n_train, str(path))
    if not np.array_equal(published, np.sort(np.asarray(forget))):
        raise ValueError(
            f"{path} is not the study's forget set: it has {published.size} points, the study's "
            f"{np.size(forget)}, and they share {np.intersect1d(published, forget).size}."
        )
    return order.astype(np.int64)


def read_resnet9(path: Path) -> Weights:
    """Read a state dict as the weights of one member of our ResNet-9 for CIFAR-10.

    Tensors are matched in their order, and each must have the shape of ours and, after the last
    dot, its name. What stands before is not compared: published code names blocks differently, and
    modules that wrap the network, nested or not, put ``model.`` or ``module.`` in front.

    Parameters
    ----------
    path : state dict

    Returns
    -------
    dict of Tensor
        Our names -> float32 tensors, of parameters and running statistics.

    Raises
    ------
    ValueError
        When the file cannot be read or a tensor does not fit: names the first.
    """
    # The shapes are enough, and drawing weights would move the generator.
    with torch.device("meta"):
        network = resnet9(input_shape=(SIZE[2], *SIZE[:2]), classes=CLASSES, width=1.0)
    state = read_pt(path)
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise ValueError(f"{path} holds {type(state).__name__}, not a state dict of names.")
    found, wanted = (
        [item for item in items.items() if not item[0].endswith(UNUSED)]
        for items in (state, network.state_dict())
    )
    weights = {}
    absent: tuple[str, Any] = ("nothing", None)
    for theirs, ours in zip_longest(found, wanted, fillvalue=absent):
        if not _fits(theirs, ours):
            raise ValueError(
                f"{path} has {_described(*theirs)} where resnet9 has {_described(*ours)}."
            )
        weights[ours[0]] = theirs[1].float().contiguous()
        if not weights[ours[0]].isfinite().all():
            raise ValueError(f"{path}: {theirs[0]} holds NaN or infinite values.")
    return weights


def _fits(theirs: tuple[str, Any], ours: tuple[str, Any]) -> bool:
    (name, value), (our_name, our_value) = theirs, ours
    return (
        isinstance(value, Tensor)
        and isinstance(our_value, Tensor)
        and value.dtype in (torch.float16, torch.float32, torch.float64)
        and value.shape == our_value.shape
        and name.rpartition(".")[2] == our_name.rpartition(".")[2]
    )


def _described(name: str, value: Any) -> str:
    if not isinstance(value, Tensor):
        return name if value is None else f"{name} ({type(value).__name__})"
    return f"{name} ({str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)})"
