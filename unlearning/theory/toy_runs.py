"""Appendix B, run: descent-ascent, fine-tuning after it, and until when fine-tuning helps.

Fine-tuning is judged by basins: the basin of a minimum of the retraining loss holds the points
from which gradient flow, the limit of gradient descent with small steps, reaches that minimum. The
basin of retraining's local minimum is the trap that descent-ascent ends in.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.integrate import RK45, solve_ivp

from unlearning.theory.arguments import Array, checked
from unlearning.theory.toy import ToyLandscape, ToyLoss

PATH_STEP = 0.002
PATH_ROWS = 300
PATH_STEPS = 100_000
FLAT = 1e-9
"""Norm of the gradient at which a path has converged."""

NEAR = 0.01
"""Distance from a minimum at which gradient flow counts as having reached it."""
FLOW_STEPS = 20_000
FLOW_TIME = 200.0
"""Time within which descent-ascent by gradient flow has converged."""


def descent_paths(landscape: ToyLandscape, step_size: float = PATH_STEP) -> pd.DataFrame:
    """Follow the three descents of Fig. 4 until they converge.

    `gda`: the descent-ascent loss from the pretrained global minimum. `fine-tuning`: the
    retraining loss from where that ends. `retraining`: the retraining loss from the pretrained
    global minimum.

    Parameters
    ----------
    landscape : ToyLandscape
    step_size : float
        Of gradient descent.

    Returns
    -------
    DataFrame
        About 300 rows for each phase, evenly spaced in arc length, first and last point included:
        `reading`, `phase`, `time` (step size times steps, from the phase's start), `a`, `b`,
        the losses `pretraining`, `gda` and `retraining` there, and `returns`: whether gradient
        flow on the retraining loss leads from there to its global minimum.

    Raises
    ------
    ValueError
        When the step size is not greater than 0.
    RuntimeError
        When a path does not converge.
    """
    (step,) = checked(positive={"step_size": step_size})
    losses = landscape.losses
    start = _minima(losses["pretraining"])[0]
    gda = _path(losses["gda"], start, float(step))
    paths = {
        "gda": gda,
        "fine-tuning": _path(losses["retraining"], gda[-1], float(step)),
        "retraining": _path(losses["retraining"], start, float(step)),
    }
    tables = []
    for phase, points in paths.items():
        length = np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))
        even = np.searchsorted(length, np.linspace(0, length[-1], PATH_ROWS)[1:-1])
        kept = np.unique([0, *even, len(length)])
        columns = {"reading": losses["gda"].reading, "phase": phase, "time": kept * step}
        tables.append(pd.DataFrame({**columns, "a": points[kept, 0], "b": points[kept, 1]}))
    table = pd.concat(tables, ignore_index=True)
    for name, loss in losses.items():
        table[name] = loss(table["a"], table["b"])
    ends = end_of_descent(losses["retraining"], table[["a", "b"]].to_numpy())
    return table.assign(returns=ends == 0)


def end_of_descent(loss: ToyLoss, parameters: ArrayLike, tolerance: float = 1e-6) -> np.ndarray:
    """Find the minimum that gradient flow reaches, from each of many points.

    Dormand and Prince's method with a step size of its own for every point, until all are near a
    minimum. A point closer than the tolerance to a border may be counted on either side of it.

    Parameters
    ----------
    loss : ToyLoss
    parameters : array (..., 2)
        Where the descents start.
    tolerance : float
        Largest error of one step, in the parameters.

    Returns
    -------
    array (...) of int
        Places in `loss.minima()`; 0 is the global minimum.

    Raises
    ------
    ValueError
        When a parameter is not finite or the tolerance not greater than 0.
    RuntimeError
        When a point does not get near a minimum.
    """
    (limit,) = checked(positive={"tolerance": tolerance})
    start = np.asarray(parameters, dtype=np.float64)
    if start.shape[-1:] != (2,) or not np.isfinite(start).all():
        raise ValueError(f"parameters must be finite and of shape (..., 2), got {start.shape}")
    minima = _minima(loss)
    points = start.reshape(-1, 2)
    reached = np.full(len(points), -1)
    left = np.arange(len(points))
    step = np.full(len(points), 0.01)
    slopes = np.empty((7, *points.shape))
    for _ in range(FLOW_STEPS):
        distance = np.linalg.norm(points[:, None] - minima, axis=-1)
        reached[left] = np.where(distance.min(axis=1) < NEAR, distance.argmin(axis=1), -1)
        going = reached[left] < 0
        if not going.any():
            return reached.reshape(start.shape[:-1])
        points, left, step = points[going], left[going], step[going]
        slopes = slopes[:, : len(left)]
        for stage, row in enumerate([*RK45.A, RK45.B]):
            moved = np.tensordot(row[:stage], slopes[:stage], axes=1)
            trial = points + step[:, None] * moved
            slopes[stage] = -loss.gradient(trial)
        error = step * np.linalg.norm(np.tensordot(RK45.E, slopes, axes=1), axis=-1)
        points = np.where((error <= limit)[:, None], trial, points)
        step = step * np.clip(0.9 * (limit / np.maximum(error, 1e-300)) ** 0.2, 0.2, 5)
    raise RuntimeError(
        f"gradient flow reached no minimum from {len(left)} of {len(reached)} points, the first "
        f"of them {start.reshape(-1, 2)[left[0]].tolist()}"
    )


def basin_border(loss: ToyLoss, reach: float = 5.0) -> Array:
    """Trace the border between the basins of a loss with two minima.

    It holds the points that gradient flow leads to the saddle, so gradient ascent from the
    saddle, to both sides along its stable direction, runs along it.

    Parameters
    ----------
    loss : ToyLoss
    reach : float
        Distance from the saddle at which to stop on either side.

    Returns
    -------
    array (n, 2)
        Points along the border; the saddle is among them.

    Raises
    ------
    ValueError
        When the loss does not have two minima, or `reach` is not greater than 0.
    """
    (limit,) = checked(positive={"reach": reach})
    points, curvatures = loss.stationary_points()
    saddles = points[curvatures[:, 0] < 0]
    if len(points) != 3 or len(saddles) != 1:
        raise ValueError(f"loss must have two minima and a saddle, got {len(points)} points")
    saddle = saddles[0]
    stable = np.linalg.eigh(loss.hessian(saddle))[1][:, 1]

    def inside(_: float, point: Array) -> float:
        return float(limit - np.linalg.norm(point - saddle))

    inside.terminal = True  # type: ignore[attr-defined]
    sides = [
        solve_ivp(
            lambda _, point: loss.gradient(point), (0, FLOW_TIME), saddle + 1e-6 * sign * stable,
            events=inside, max_step=0.1, rtol=1e-9, atol=1e-12,
        ).y.T
        for sign in (-1, 1)
    ]  # fmt: skip
    return np.concatenate([sides[0][::-1], saddle[None], sides[1]])


def recoverability(landscape: ToyLandscape, step_sizes: Sequence[float]) -> pd.DataFrame:
    """Say for how long descent-ascent can be undone by fine-tuning with small steps.

    Parameters
    ----------
    landscape : ToyLandscape
    step_sizes : sequence of float
        Step sizes of descent-ascent, by gradient descent from the pretrained global minimum.

    Returns
    -------
    DataFrame
        The last moment from which gradient flow on the retraining loss leads back to its global
        minimum: a row for descent-ascent by gradient flow (`step_size` and `steps` 0, `time`
        within 1e-6), then a row for each step size. Columns `reading`, `step_size`, `steps`,
        `time`, `a`, `b`, the losses `gda` and `retraining`, `progress` (share of the whole
        decrease of the descent-ascent loss achieved by then), `correct_samples` (of 4) and
        `correct_retain` (of the 12 retain points).

    Raises
    ------
    ValueError
        When a step size is not greater than 0, or fine-tuning returns from everywhere.
    RuntimeError
        When descent-ascent does not converge with a step size.
    """
    (checked_sizes,) = checked(positive={"step_sizes": step_sizes})
    gda, retraining = landscape.losses["gda"], landscape.losses["retraining"]
    start = _minima(landscape.losses["pretraining"])[0]

    def last(points: Array, tolerance: float = 1e-6) -> int:
        trapped = end_of_descent(retraining, points, tolerance) != 0
        if not trapped[-1]:
            raise ValueError(
                f"landscape must have a trap: with the reading {gda.reading!r}, fine-tuning "
                "returns from wherever descent-ascent stops"
            )
        return int(np.flatnonzero(~trapped)[-1])

    flow = solve_ivp(
        lambda _, point: -gda.gradient(point), (0, FLOW_TIME), start,
        dense_output=True, rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    times = flow.t
    while times[-1] - times[0] > 1e-6:
        place = last(flow.sol(times).T, 1e-10)
        times = np.linspace(times[place], times[place + 1], 101)
    moments = [(0.0, 0, times[0], flow.sol(times[0]))]
    for step in np.ravel(checked_sizes):
        points = _path(gda, start, step)
        place = last(points)
        moments.append((step, place, place * step, points[place]))

    table = pd.DataFrame([row[:3] for row in moments], columns=["step_size", "steps", "time"])
    table.insert(0, "reading", gda.reading)
    points = np.array([row[3] for row in moments])
    table[["a", "b"]] = points
    for name in ("gda", "retraining"):
        table[name] = landscape.losses[name](*points.T)
    whole = gda(*start) - gda(*_minima(gda)[0])
    correct = retraining.correct(points)
    return table.assign(
        progress=(gda(*start) - table["gda"]) / whole,
        correct_samples=correct.sum(axis=1),
        correct_retain=correct @ np.array(retraining.weights, dtype=int),
    )


def _path(loss: ToyLoss, start: Array, step: float) -> Array:
    """Return the points of gradient descent (steps + 1, 2), until the gradient vanishes."""
    points = [start]
    for _ in range(PATH_STEPS):
        gradient = loss.gradient(points[-1])
        if np.linalg.norm(gradient) < FLAT:
            return np.array(points)
        points.append(points[-1] - step * gradient)
    raise RuntimeError(
        f"gradient descent with step size {step:g} did not converge in {PATH_STEPS} steps; it "
        f"ended at {points[-1].tolist()}"
    )


@cache
def _minima(loss: ToyLoss) -> Array:
    """Return the parameters (n, 2) of the minima, the global one first."""
    return np.array([(minimum.a, minimum.b) for minimum in loss.minima()])
