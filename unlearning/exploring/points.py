"""Which points the page shows of a forget set: chosen by KLoM, as many as its bound allows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.scoring.rows import SPLITS

Floats = NDArray[np.floating]

#: What tells one run of a page from all others.
RUN = ["forget_set", "method", "setting", "kind", "epoch"]
#: Bytes of images and margins on one page, all forget sets together, as they are written there.
BUDGET = 10_000_000
#: Of three bytes four letters are written: base64.
WRITTEN = 4 / 3
#: Images a forget set, at most, and what is shared among the splits where there are fewer.
MOST = {"forget": 24, "retain": 12, "validation": 12}
#: Pixels a side; of larger images every second, third, ... pixel is shown.
LARGEST_SIDE = 64
#: Runs whose KLoM of all points is looked at at once.
RUNS_AT_ONCE = 32
#: Bytes of a run beside the counts of one image: the ends of the bins and the KLoM.
MEASURED = 12


def step(height: int, width: int) -> int:
    """Return which pixels of an image are shown: every one, every second, ..."""
    return ceil(max(height, width) / LARGEST_SIDE)


def count_type(members: int) -> type[np.unsignedinteger]:
    """Return the smallest type that can count the members of an ensemble."""
    return np.uint8 if members <= np.iinfo(np.uint8).max else np.uint16


def how_many(
    *, sets: int, runs: int, members: int, bins: int, image: tuple[int, ...]
) -> dict[str, int]:
    """Return how many points of each split are shown of a forget set.

    Every forget set has the same share of `BUDGET`, and as many images as fit into it, at most
    `MOST`: half of them of the forget set, a quarter each of the others. A page that is bounded
    shows fewer images where it has more runs.

    Parameters
    ----------
    sets : forget sets of the page
    runs : of this forget set, baselines among them
    members : of an ensemble
    bins : of a histogram, the one of margins that are not finite included
    image : height, width and channels; of sequences their tokens
    """
    height, width, channels = image if len(image) == 3 else (1, *image, 1)
    thinned = step(height, width)
    pixels = ceil(height / thinned) * ceil(width / thinned) * channels
    two_ensembles = 2 * members * np.dtype(np.float32).itemsize
    counts = bins * np.dtype(count_type(members)).itemsize
    one = pixels + two_ensembles + runs * (counts + MEASURED)
    most = sum(MOST.values())
    fit = min(most, int(BUDGET / WRITTEN / sets / one))
    found = {name: fit * MOST[name] // most for name in SPLITS}
    return found | {"forget": found["forget"] + fit - sum(found.values())}


def mean_klom(scored: Iterable[Floats]) -> NDArray[np.float64]:
    """Return the mean KLoM of every point over the runs of all methods.

    Parameters
    ----------
    scored : arrays (runs, points), one a method, which are let go one after another; NaN where a
        point has no score, which is left out
    """
    sums, counts = np.zeros(()), np.zeros((), np.int64)
    for klom in scored:
        for block in _blocks(klom):
            sums = sums + np.nansum(block, axis=0, dtype=np.float64)
            counts = counts + np.isfinite(block).sum(axis=0)
    return np.asarray(sums / np.maximum(counts, 1))


def _blocks(klom: Floats) -> Iterator[Floats]:
    """Yield an array (runs, points), some runs at a time: what is computed of all needs no more."""
    for first in range(0, max(len(klom), 1), RUNS_AT_ONCE):
        yield klom[first : first + RUNS_AT_ONCE]


def _by_split(
    klom: Floats, splits: Mapping[str, NDArray[np.int64]]
) -> Iterator[tuple[str, Floats]]:
    """Yield the name of a split and the KLoM of its points, -1 for none, some runs at a time."""
    for block in _blocks(klom):
        for name, points in splits.items():
            yield name, np.nan_to_num(block[:, points], nan=-1)


def most_often_worst(
    scored: Iterable[Floats], splits: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """Return the points of each split that alone have the largest KLoM of it under some run.

    Parameters
    ----------
    scored : as `mean_klom` takes them
    splits : name -> indices of points

    Returns
    -------
    dict
        Name -> points, those of most runs first.
    """
    counts = {name: np.zeros(len(points), np.int64) for name, points in splits.items()}
    for klom in scored:
        for name, here in _by_split(klom, splits):
            largest = here == here.max(axis=1, initial=0, keepdims=True)
            counts[name] += largest[largest.sum(axis=1) == 1].sum(axis=0)
    found = {}
    for name, points in splits.items():
        order = np.argsort(-counts[name], kind="stable")
        found[name] = points[order[counts[name][order] > 0]]
    return found


def choose(
    mean: NDArray[np.float64],
    often: Mapping[str, NDArray[np.int64]],
    splits: Mapping[str, NDArray[np.int64]],
    numbers: Mapping[str, int],
) -> pd.DataFrame:
    """Choose the images that are shown of a forget set.

    Half of them are those that are the worst of their split under most runs. The others of the
    forget set are spread evenly from the largest mean KLoM to the smallest, so that easy images are
    seen as well as hard ones; those of the retain and the validation set have the largest. A
    diverged run has one KLoM for all points and changes nothing.

    Parameters
    ----------
    mean : (points,) what `mean_klom` returned
    often : what `most_often_worst` returned
    splits : name -> indices of points
    numbers : name -> how many of them, at most

    Returns
    -------
    DataFrame
        ``split`` and ``point``, split after split and by falling mean KLoM.
    """
    rows = []
    for name in SPLITS:
        ordered = splits[name][np.argsort(-mean[splits[name]], kind="stable")]
        worst = often[name][: numbers[name] // 2]
        others = ordered[~np.isin(ordered, worst)]
        count = min(numbers[name] - len(worst), len(others))
        last = len(others) - 1 if name == "forget" else count - 1
        chosen = [*worst, *others[np.linspace(0, last, count).round().astype(int)]]
        rows += [{"split": name, "point": int(p)} for p in ordered[np.isin(ordered, chosen)]]
    return pd.DataFrame(rows, columns=["split", "point"])


def worst(
    table: pd.DataFrame,
    klom: Floats,
    splits: Mapping[str, NDArray[np.int64]],
    chosen: pd.DataFrame,
) -> pd.DataFrame:
    """Find the point of the largest KLoM of each run on each split, among all points.

    Parameters
    ----------
    table : one row a run of a method
    klom : (runs, points) in the same order
    splits : name -> indices of points
    chosen : what `choose` returned: of points that are as bad, one of these is named

    Returns
    -------
    DataFrame
        The table with ``worst_{split}``, the point, and ``worst_{split}_klom``; of a run without
        scores, -1 and NaN.
    """
    found: dict[str, list[Any]] = {}
    shown = {
        name: np.flatnonzero(np.isin(points, chosen["point"][chosen["split"] == name]))
        for name, points in splits.items()
    }
    for name, here in _by_split(klom, splits):
        every, place = np.arange(len(here)), here.argmax(axis=1)
        largest = here[every, place]
        if len(shown[name]):
            first = shown[name][here[:, shown[name]].argmax(axis=1)]
            place = np.where(here[every, first] == largest, first, place)
        point = np.where(largest < 0, -1, splits[name][place])
        found.setdefault(f"worst_{name}", []).append(point)
        klom_there = np.where(largest < 0, np.nan, largest)
        found.setdefault(f"worst_{name}_klom", []).append(klom_there)
    return table.assign(**{name: np.concatenate(parts) for name, parts in found.items()})


def rule_in_words(
    shown: Sequence[Mapping[str, int]], side: int, what: str = "images", *, runs: int, packed: int
) -> str:
    """Say which points and runs a page holds, and by what rule.

    Parameters
    ----------
    shown : of each forget set how many images of each split there are
    side : the longer side of an image, in pixels
    what : the points are called
    runs : of the page, baselines among them
    packed : bytes that their scores take
    """

    def numbers(split: str) -> str:
        every = [each[split] for each in shown]
        low, high = min(every), max(every)
        return f"{low}" if low == high else f"{low} to {high}"

    thinned = step(side, side)
    pixels = f" Of {thinned} pixels in a row or column one is shown." if thinned > 1 else ""
    return (
        f"Embedded are, a forget set, {numbers('forget')} of its {what}, and of the retain set "
        f"({numbers('retain')}) and the validation set ({numbers('validation')}): half of them the "
        "worst of their set under most runs, the others of the forget set spread evenly from the "
        "largest mean KLoM over all runs to the smallest, else those of the largest; each with the "
        "margins of every oracle and pretrained member and the histogram of every run. All of "
        f"this takes at most {BUDGET / 1e6:.0f} MB a page, which the forget sets share, and at "
        f"most {sum(MOST.values())} {what} a forget set.{pixels} Beside them are the scores of all "
        f"{runs} runs to the last digit, and of each the point of the largest KLoM on each split: "
        f"{packed / 1e3:,.0f} kB as they are packed, which grow with the runs."
    )
