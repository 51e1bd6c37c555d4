"""Sections 4.1 to 4.3 run for real: logistic regression by gradient descent on explicit samples.

Nothing here uses a closed form: gradients are sums over samples, as Eq. (1) prints the losses. What
the closed forms predict stands beside the iterates.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unlearning.theory.arguments import Array, checked
from unlearning.theory.correlation import alpha_bounds, detrimental_range
from unlearning.theory.iteration import iterative_fixed_point
from unlearning.theory.single_coordinate import alpha_limit, alpha_range, one_dimensional
from unlearning.theory.two_coordinates import two_dimensional

DIVERGED = 30.0
METHODS = ("retraining", "descent-ascent", "iterative")


class LogisticData(NamedTuple):
    """Labelled samples, some of them to be forgotten.

    Attributes
    ----------
    samples : array (n, d)
    labels : array (n,)
        -1 or 1.
    forgotten : array of bool (n,)
    """

    samples: Array
    labels: Array
    forgotten: NDArray[np.bool_]


def _repeat(rows: Array, retained: Sequence[int], forgotten: Sequence[int]) -> LogisticData:
    """Repeat each row of a matrix as retained and as forgotten samples, with labels in turn."""
    counts = np.concatenate([retained, forgotten]).astype(int)
    points = np.repeat(np.concatenate([rows, rows]), counts, axis=0)
    labels = np.where(np.arange(len(points)) % 2, -1.0, 1.0)
    marks = np.repeat([False] * len(rows) + [True] * len(rows), counts)
    return LogisticData(labels[:, None] * points, labels, marks)


def semi_orthogonal(retained: Sequence[int], forgotten: Sequence[int]) -> LogisticData:
    """Make a data set that meets Assumptions 1 and 2.

    Parameters
    ----------
    retained, forgotten : sequence of int (d,)
        Samples on each coordinate's axis. Every sample is its label times a unit vector.

    Returns
    -------
    LogisticData

    Raises
    ------
    ValueError
        When a coordinate has no retained sample, so that its alpha is not defined, or nothing is
        forgotten.
    """
    checked(positive={"retained": retained}, non_negative={"forgotten": forgotten})
    if len(retained) != len(forgotten) or not sum(forgotten):
        raise ValueError(
            "forgotten must give a number for each coordinate, at least one of them greater than "
            f"0, got {list(forgotten)} for {len(retained)} coordinates"
        )
    return _repeat(np.eye(len(retained)), retained, forgotten)


def correlated(
    retained: int, forgotten: int, epsilon: float, others: tuple[int, int]
) -> LogisticData:
    """Make a data set of Section 4.3.

    Parameters
    ----------
    retained, forgotten : int
        Retained samples (1, e), forgotten samples (e, 1), times their label.
    epsilon : float
        Correlation e.
    others : (int, int)
        Retained and forgotten samples on a third axis, which make up the sizes of the sets.
    """
    checked(
        positive={"retained": retained, "forgotten": forgotten}, non_negative={"others": others}
    )
    checked(unit_interval={"epsilon": epsilon})
    rows = np.eye(3)
    rows[0, 1] = rows[1, 0] = epsilon
    return _repeat(rows, [retained, 0, others[0]], [0, forgotten, others[1]])


def descend(
    data: LogisticData, method: str, start: Array, *, ridge: float, step: float, steps: int
) -> Iterator[Array]:
    """Run gradient descent and yield the weights (d,), the start first.

    Parameters
    ----------
    data : LogisticData
    method : {"pretraining", "retraining", "descent-ascent", "iterative"}
        Whether one loss of Eq. (1) is minimised, or a descent step on the retain set and an
        ascent step on the forget set are taken in turn (Eq. 3); such a round is one step here.
    start : array (d,)
    ridge, step : float
        lambda and eta.
    steps : int
        It ends early when a weight exceeds 30 in modulus.

    Raises
    ------
    ValueError
        When the method is unknown.
    """
    allowed = ("pretraining", *METHODS)
    if method not in allowed:
        raise ValueError(f"method must be one of {', '.join(allowed)}, got {method!r}")
    signed = data.samples * data.labels[:, None]
    retain, forget = signed[~data.forgotten], signed[data.forgotten]

    def pull(samples: Array, weights: Array) -> Array:
        return samples.T @ np.exp(-samples @ weights) / len(samples)

    weights = np.asarray(start, dtype=np.float64)
    yield weights
    for _ in range(steps):
        if method == "iterative":
            weights = weights + step * (pull(retain, weights) - ridge * weights)
            weights = weights - step * (pull(forget, weights) + ridge * weights)
        else:
            force = pull(signed if method == "pretraining" else retain, weights)
            if method == "descent-ascent":
                force = force - pull(forget, weights)
            weights = weights + step * (force - ridge * weights)
        yield weights
        if np.abs(weights).max() > DIVERGED:
            return


def predicted_orthogonal(
    retained: Sequence[int], forgotten: Sequence[int], *, ridge: float, step: float
) -> dict[str, Array]:
    """Return where each method ends in each coordinate, by Lemma 5; NaN where it diverges."""
    sizes, alpha = (sum(retained), sum(forgotten)), np.divide(forgotten, retained)
    solved = one_dimensional(*sizes, retained, alpha, ridge)
    fixed = iterative_fixed_point(*sizes, retained, alpha, ridge, step)
    ends = (solved.pretrained, solved.oracle, solved.ascent, fixed)
    return dict(zip(("pretraining", *METHODS), ends, strict=True))


def predicted_correlated(
    retained: int, forgotten: int, epsilon: float, others: tuple[int, int], *, ridge: float
) -> dict[str, Array]:
    """Return where each method ends in (x, y), by Lemma 8 and the solved systems.

    Iterative descent-ascent has no solution of its own here: to leading order in the step it ends
    where descent-ascent does at twice the ridge.
    """
    sizes = (retained + others[0], forgotten + others[1], retained, forgotten / retained, epsilon)
    solved, doubled = two_dimensional(*sizes, ridge), two_dimensional(*sizes, 2 * ridge)
    ends = (solved.pretrained, solved.oracle, solved.ascent, doubled.ascent)
    return dict(zip(("pretraining", *METHODS), map(np.array, ends), strict=True))


def unlearning_paths(
    data: LogisticData, predicted: dict[str, Array], coordinates: Array, *, ridge: float,
    step: float, steps: int, rows: int = 200,
) -> pd.DataFrame:  # fmt: skip
    """Pretrain, then follow retraining, descent-ascent and its iterative form from there.

    Parameters
    ----------
    data : LogisticData
    predicted : dict of array (c,)
        Where each method should end, in the coordinates.
    coordinates : array (c, d)
        Turns weights into the coordinates of interest; weights that enter none are left out.
    ridge, step : float
        lambda and eta.
    steps : int
        Steps of each method.
    rows : int
        Moments kept, evenly spaced in the logarithm of time, start and end included.

    Returns
    -------
    DataFrame
        One row per method, moment and coordinate: `method`, `step`, `time` (steps times eta),
        `coordinate` (from 1), `value`, `predicted`, `oracle`, `distance` (of the coordinates from
        the oracle's), `weight_distance` (of the weights from the oracle's).
    """
    origin = np.zeros(data.samples.shape[1])

    def last(method: str) -> Array:
        return list(descend(data, method, origin, ridge=ridge, step=step, steps=4 * steps))[-1]

    pretrained, oracle = last("pretraining"), last("retraining")
    entering = (coordinates != 0).any(axis=0)
    kept = np.unique(np.geomspace(1, steps, rows).astype(int))
    tables = []
    for method in METHODS:
        path = np.array(
            list(descend(data, method, pretrained, ridge=ridge, step=step, steps=steps))
        )
        moments = np.concatenate([[0], kept[kept < len(path)]])
        values = path[moments] @ coordinates.T
        away = values - coordinates @ oracle
        shape = values.shape
        columns = {
            "step": moments[:, None],
            "time": moments[:, None] * step,
            "coordinate": np.arange(1, shape[1] + 1),
            "value": values,
            "predicted": predicted[method],
            "oracle": coordinates @ oracle,
            "distance": np.linalg.norm(away, axis=1)[:, None],
            "weight_distance": np.linalg.norm((path[moments] - oracle)[:, entering], axis=1)[
                :, None
            ],
        }
        flat = {name: np.broadcast_to(value, shape).ravel() for name, value in columns.items()}
        tables.append(pd.DataFrame({"method": method, **flat}))
    return pd.concat(tables, ignore_index=True)


def run_data_set(definition: dict[str, Any], *, step: float, steps: int) -> pd.DataFrame:
    """Make a data set, run the methods on it, and put the predictions beside the iterates.

    Parameters
    ----------
    definition : dict
        Arguments of `semi_orthogonal`, or those of `correlated` if it has `epsilon`; and `ridge`.
    step : float
        eta.
    steps : int

    Returns
    -------
    DataFrame
        As `unlearning_paths`, with `name` of the coordinate (w_1, w_2, ..., or x, y) and `range`:
        where its alpha lies: below, in or above the range of Lemma 2, or beyond the limit. For
        x and y, whether it is guaranteed, or exactly, detrimental.
    """
    arguments = {key: value for key, value in definition.items() if key != "ridge"}
    ridge = definition["ridge"]
    retained, forgotten = definition["retained"], definition["forgotten"]
    if "epsilon" in definition:
        data = correlated(**arguments)
        epsilon, others = definition["epsilon"], definition["others"]
        coordinates = np.array([[1, epsilon, 0], [epsilon, 1, 0]], dtype=np.float64)
        predicted = predicted_correlated(**arguments, ridge=ridge)
        sizes = (retained + others[0], forgotten + others[1], retained)
        names = ["x", "y"]
        ranges = [_range_correlated(*sizes, forgotten / retained, epsilon, ridge)] * 2
    else:
        data = semi_orthogonal(**arguments)
        coordinates = np.eye(len(retained))
        predicted = predicted_orthogonal(**arguments, ridge=ridge, step=step)
        names = [f"w_{j + 1}" for j in range(len(retained))]
        ranges = _ranges_orthogonal(retained, forgotten, ridge)
    table = unlearning_paths(data, predicted, coordinates, ridge=ridge, step=step, steps=steps)
    place = table["coordinate"] - 1
    return table.assign(name=np.take(names, place), range=np.take(ranges, place))


def _ranges_orthogonal(
    retained: Sequence[int], forgotten: Sequence[int], ridge: float
) -> list[str]:
    alpha = np.divide(forgotten, retained)
    low, high = alpha_range(sum(retained), sum(forgotten))
    limit = alpha_limit(sum(retained), sum(forgotten), retained, ridge)
    conditions = [alpha < low, alpha <= high, alpha <= limit]
    texts = ["below Lemma 2's range", "in Lemma 2's range", "above Lemma 2's range"]
    return [str(text) for text in np.select(conditions, texts, "beyond the limit")]


def _range_correlated(
    retain: int, forget: int, retain_ij: int, alpha: float, epsilon: float, ridge: float
) -> str:
    bounds = alpha_bounds(retain, forget, retain_ij, epsilon, ridge)
    low, high = detrimental_range(retain, forget, retain_ij, epsilon, ridge)
    if bounds.low <= alpha <= np.minimum(bounds.high, 1):
        return "in the guaranteed range"
    return "in the exact range" if low <= alpha <= high else "outside the exact range"
