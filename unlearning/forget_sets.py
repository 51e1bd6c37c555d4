"""Forget sets: which training points are to be unlearned.

A definition is a dictionary with a `kind` and the keys that the kind takes:

- ``random``: `size`, `seed`. Sorted ``RandomState(seed).choice(n_train, size, replace=False)``,
  the stream behind the published random sets of CIFAR-10.
- ``top``: `component`, `size`. The points projected highest on a principal component.
- ``bottom``: `component`, `size`. Those projected lowest: which end is which is a convention.
- ``ends``: `component`, `size`. Half of the size projected highest, half lowest.
- ``class``: `label`, and `size` and `seed` for a random part of the class.
- ``group``: `group`, a named subpopulation of the data set, and `size` and `seed` likewise.
- ``prefix``: `text`, with which the sequences begin that are forgotten.
- ``indices``: `indices`, the points themselves.

Components count from 1; of equal projections, the point with the lower index comes first.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]

# The keys that each kind needs, and those it may have.
KINDS: dict[str, tuple[set[str], set[str]]] = {
    "random": ({"size", "seed"}, set()),
    **dict.fromkeys(("top", "bottom", "ends"), ({"component", "size"}, set())),
    "class": ({"label"}, {"size", "seed"}),
    "group": ({"group"}, {"size", "seed"}),
    "prefix": ({"text"}, set()),
    "indices": ({"indices"}, set()),
}


def select(
    definition: Mapping[str, Any],
    *,
    name: str,
    n_train: int,
    labels: ArrayLike | None = None,
    projections: ArrayLike | None = None,
    groups: Mapping[str, Sequence[int]] | None = None,
    texts: Sequence[str] | None = None,
) -> Indices:
    """Select the training points of a forget set.

    Parameters
    ----------
    definition : mapping
        `kind` and its keys, as the module describes them.
    name : str
        Name of the forget set, for errors.
    n_train : int
        Number of training points.
    labels : array_like of int, shape (n_train,), optional
        Classes of the training points; the kind ``class`` needs them.
    projections : array_like of float, shape (n_train, components), optional
        Projections of the training points; ``top``, ``bottom`` and ``ends`` need them.
    groups : mapping of str to (first, end), optional
        Training points of each subpopulation, from the first up to but not including the end.
    texts : sequence of str, optional
        The training points as texts; the kind ``prefix`` needs them.

    Returns
    -------
    ndarray of int64, shape (size,)
        Sorted, without repeats.

    Raises
    ------
    ValueError
        When the definition does not fit its kind or the data, as the message says.
    """
    kind = definition.get("kind")
    if kind not in list(KINDS):
        raise ValueError(
            f"Forget set {name}: kind must be one of {', '.join(KINDS)}, not {kind!r}."
        )
    required, optional = KINDS[kind]
    keys = set(definition) - {"kind"}
    if keys - required - optional or required - keys:
        raise ValueError(
            f"Forget set {name}: kind {kind} takes {_listed(required)}"
            f"{f' and optionally {_listed(optional)}' if optional else ''}, but has "
            f"{_listed(keys) or 'none'}."
        )
    if kind == "indices":
        return validate(definition["indices"], n_train, name)
    if kind == "class":
        return validate(_of_class(definition, name, n_train, labels), n_train, name)
    if kind == "group":
        return validate(_of_group(definition, name, groups or {}), n_train, name)
    if kind == "prefix":
        return validate(_beginning(definition["text"], name, texts), n_train, name)

    size = _integer(definition, "size", name, 1, n_train - 1, "so that a retain set is left")
    if kind == "random":
        chosen = _draw(n_train, size, definition, name)
    else:
        chosen = _extreme(definition, name, size, n_train, projections)
    return validate(chosen, n_train, name)


def validate(indices: ArrayLike, n_train: int, name: str) -> Indices:
    """Check the indices of a forget set and sort them.

    Parameters
    ----------
    indices : array_like of int, shape (size,)
    n_train : int
        Number of training points.
    name : str
        Name of the forget set, for errors.

    Returns
    -------
    ndarray of int64, shape (size,)

    Raises
    ------
    ValueError
        When they are no list of different integers from 0 to n_train - 1, or none or all of them.
    """
    values = np.asarray(indices)
    if values.ndim != 1:
        raise ValueError(
            f"Forget set {name}: indices must be one-dimensional, not of shape {values.shape}."
        )
    if not values.size:
        raise ValueError(f"Forget set {name} is empty; it must have at least 1 training point.")
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(
            f"Forget set {name}: indices must be integers, not {values.dtype} ({_few(values)})."
        )
    outside = values[(values < 0) | (values >= n_train)]
    if outside.size:
        raise ValueError(
            f"Forget set {name}: indices must be between 0 and {n_train - 1}, but {outside.size} "
            f"are not ({_few(outside)})."
        )
    unique, counts = np.unique(values, return_counts=True)
    if unique.size < values.size:
        repeated = unique[counts > 1]
        raise ValueError(
            f"Forget set {name}: indices must differ, but {repeated.size} are repeated "
            f"({_few(repeated)})."
        )
    if unique.size == n_train:
        raise ValueError(
            f"Forget set {name} has all {n_train} training points; at least 1 must be left to "
            "retain."
        )
    return unique.astype(np.int64)


def read_indices(path: str | Path) -> NDArray[np.integer]:
    """Read indices from an array (.npy) or from text with one integer a line (.txt, .csv).

    What the indices may be is for `validate` to say.

    Raises
    ------
    ValueError
        When the file has another ending, cannot be read, or holds something else.
    """
    path = Path(path)
    if path.suffix not in {".npy", ".txt", ".csv"}:
        raise ValueError(f"{path}: a file of indices must end in .npy, .txt or .csv.")
    try:
        if path.suffix == ".npy":
            with path.open("rb") as stream:
                values: NDArray = np.lib.format.read_array(stream, allow_pickle=False)
            if not np.issubdtype(values.dtype, np.integer):
                raise ValueError(f"it holds {values.dtype}, not integers")
            return values
        # The signature that spreadsheets put in front of a table is no part of the first index.
        lines = path.read_text(encoding="utf-8-sig").rstrip().splitlines()
        for number, line in enumerate(lines, start=1):
            if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", line):
                raise ValueError(f"line {number} is {line!r}, not one integer")
        return np.array([int(line) for line in lines], dtype=np.int64)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: the indices cannot be read: {reason}.") from error


def _of_class(
    definition: Mapping[str, Any], name: str, n_train: int, labels: ArrayLike | None
) -> Indices:
    if labels is None or np.shape(labels) != (n_train,):
        raise ValueError(
            f"Forget set {name}: kind class needs labels of shape ({n_train},), not "
            f"{None if labels is None else np.shape(labels)}."
        )
    label = _integer(definition, "label", name)
    members = np.flatnonzero(np.asarray(labels) == label)
    if not members.size:
        raise ValueError(
            f"Forget set {name}: label must be one of {_few(np.unique(labels), 20)}, not {label}."
        )
    return _part(definition, name, members, f"class {label}")


def _of_group(
    definition: Mapping[str, Any], name: str, groups: Mapping[str, Sequence[int]]
) -> Indices:
    group = definition["group"]
    if group not in groups:
        there = f"it has {_few(np.array(list(groups)), 20)}" if groups else "it has none"
        raise ValueError(f"Forget set {name}: the data set has no group {group!r}; {there}.")
    return _part(definition, name, np.arange(*groups[group]), f"group {group}")


def _beginning(beginning: str, name: str, texts: Sequence[str] | None) -> Indices:
    found = np.flatnonzero([text.startswith(beginning) for text in texts or ()])
    if not found.size:
        raise ValueError(f"Forget set {name}: no training sequence begins with {beginning!r}.")
    return found


def _part(definition: Mapping[str, Any], name: str, members: Indices, whole: str) -> Indices:
    """Return all members, or a random part of them."""
    if definition.get("size") is None:
        return members
    size = _integer(definition, "size", name, 1, members.size, f"the number of points of {whole}")
    return members[_draw(members.size, size, definition, name)]


def _draw(total: int, size: int, definition: Mapping[str, Any], name: str) -> Indices:
    seed = _integer(definition, "seed", name, 0, 2**32 - 1)
    return np.random.RandomState(seed).choice(total, size, replace=False)


def _extreme(
    definition: Mapping[str, Any],
    name: str,
    size: int,
    n_train: int,
    projections: ArrayLike | None,
) -> Indices:
    table = np.asarray([] if projections is None else projections, dtype=np.float64)
    if table.ndim != 2 or len(table) != n_train or not np.isfinite(table).all():
        raise ValueError(
            f"Forget set {name}: kind {definition['kind']} needs finite projections of shape "
            f"({n_train}, components), not {None if projections is None else table.shape}."
        )
    computed = table.shape[1]
    component = _integer(definition, "component", name, 1, computed, "the number computed")
    column = table[:, component - 1]
    highest = np.argsort(-column, kind="stable")
    if definition["kind"] == "top":
        return highest[:size]
    if definition["kind"] == "bottom":
        return np.argsort(column, kind="stable")[:size]
    if size % 2:
        raise ValueError(
            f"Forget set {name}: size must be even for kind ends (half of it at either end), not "
            f"{size}."
        )
    rest = highest[size // 2 :]
    lowest = rest[np.argsort(column[rest], kind="stable")]
    return np.concatenate([highest[: size // 2], lowest[: size // 2]])


def _integer(
    definition: Mapping[str, Any],
    key: str,
    name: str,
    lowest: int | None = None,
    highest: int | None = None,
    reason: str = "",
) -> int:
    value = definition.get(key)
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
        if (lowest is None or number >= lowest) and (highest is None or number <= highest):
            return number
    except TypeError:
        pass
    limits = "" if lowest is None else f" between {lowest} and {highest}"
    raise ValueError(
        f"Forget set {name}: {key} must be an integer{limits}{f' ({reason})' if reason else ''}, "
        f"not {value!r}."
    )


def _listed(keys: set[str]) -> str:
    return ", ".join(sorted(keys))


def _few(values: NDArray, count: int = 5) -> str:
    return ", ".join(map(str, values[:count])) + (" ..." if len(values) > count else "")
