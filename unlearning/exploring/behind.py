"""The images behind the runs of one forget set, as a page embeds them: text, read by its script."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from unlearning.exploring.histograms import Histograms
from unlearning.exploring.points import RUN, count_type, step
from unlearning.scoring.rows import SPLITS


class Behind(NamedTuple):
    """What was sampled of a forget set.

    Attributes
    ----------
    points : ``split`` and ``point`` of each image, as `points.choose` has them
    runs : which run each row of the histograms is of, as `points.worst` has them
    histograms : of these runs and points
    margins : (2, members, points) of the oracles and of the pretrained members
    """

    points: pd.DataFrame
    runs: pd.DataFrame
    histograms: Histograms
    margins: NDArray[np.float32]


def of_runs(behind: Behind, shown: pd.DataFrame) -> Behind:
    """Return what was sampled of the runs that a page shows, in its order.

    Parameters
    ----------
    behind : of a forget set
    shown : its runs

    Raises
    ------
    ValueError
        When a run was not sampled.
    """
    there = behind.runs.assign(place=range(len(behind.runs)))
    found = shown[RUN].merge(there, on=RUN, how="left", validate="one_to_one")
    if found["place"].isna().any():
        row = found[found["place"].isna()].iloc[0]
        raise ValueError(
            f"no margins were sampled of {row['method']}, {row['setting']}, epoch {row['epoch']} "
            f"on forget set {row['forget_set']}"
        )
    places = found["place"].to_numpy(int)
    kept = Histograms(*(array[places] for array in behind.histograms))
    return behind._replace(runs=found.drop(columns="place"), histograms=kept)


def embedded(behind: Behind, labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return what the page's script needs to read `packed`, as JSON has it.

    Parameters
    ----------
    behind : of the runs that are shown, in their order
    labels : class of every point
    """
    points = behind.points
    return {
        "split": points["split"].tolist(),
        "point": points["point"].tolist(),
        "label": [int(label) for label in labels[points["point"].to_numpy(int)]],
        "members": behind.margins.shape[1],
        "places": behind.histograms.counts.shape[2],
    }


def worst(behind: Behind) -> dict[str, list[float | None]]:
    """Return the point of the largest KLoM of each run on each split, and its KLoM, for JSON.

    Parameters
    ----------
    behind : of the runs that are shown, in their order; null for those without scores of points
    """
    found: dict[str, list[float | None]] = {}
    for split in SPLITS:
        points, klom = (behind.runs[f"worst_{split}{end}"] for end in ("", "_klom"))
        # Baselines have no such columns in their own table: NaN once the tables are joined.
        found[f"worst_{split}"] = [
            None if pd.isna(point) or point < 0 else int(point) for point in points
        ]
        found[f"worst_{split}_klom"] = [
            None if pd.isna(value) else float(f"{value:.5g}") for value in klom
        ]
    return found


def packed(behind: Behind) -> bytes:
    """Return margins, edges, KLoM and counts as one block of bytes.

    Little-endian: float32 ``margins``, float32 ``measured``, then ``counts`` in as few bytes as the
    members need, each in its own order of axes.
    """
    counts = behind.histograms.counts.astype(count_type(behind.margins.shape[1]))
    arrays = (
        behind.margins.astype("<f4"),
        behind.histograms.measured.astype("<f4"),
        counts.astype(counts.dtype.newbyteorder("<")),
    )
    return b"".join(array.tobytes() for array in arrays)


def pictures(images: NDArray[np.uint8], points: Sequence[int]) -> dict[str, str]:
    """Return images as PNG in base64, by the number of their point.

    Parameters
    ----------
    images : (points, height, width, 1 or 3)
    points : which of them; large ones are thinned as `points.step` says
    """
    thinned = step(*images.shape[1:3])
    found = {}
    for point in points:
        pixels = np.asarray(images[point, ::thinned, ::thinned])
        picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        with BytesIO() as stream:
            picture.save(stream, "PNG", optimize=False)
            found[str(point)] = b64encode(stream.getvalue()).decode()
    return found
