"""Appendix B, measured: how often fine-tuning leaves the trap, by optimiser and step size."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from unlearning.theory.arguments import Array, checked
from unlearning.theory.toy import RIDGE, SAMPLES, ToyLandscape, ToyLoss
from unlearning.theory.toy_runs import end_of_descent

REACH = 1e3
"""Norm of the parameters beyond which a run has diverged; every minimum has one below 5."""
CHECKS = 10
"""Moments, evenly spaced over the last half of a run, at which its basin is looked up."""
NORMAL_QUANTILE = 1.959963984540054

Update = Callable[[Array], Array]


class Optimiser(NamedTuple):
    """How fine-tuning moves.

    Attributes
    ----------
    label : str
        Its name in figures.
    single_sample : bool
        Whether a step uses one retain point drawn at random, or all of them.
    update : callable
        Makes the function that turns the gradients of a run, in their order, into the moves that
        are multiplied by the step size.
    """

    label: str
    single_sample: bool
    update: Callable[[], Update]


def _momentum(keep: float) -> Update:
    """Return v <- keep v + gradient, started at 0: plain descent for keep 0."""
    velocity: Array | float = 0.0

    def update(gradient: Array) -> Array:
        nonlocal velocity
        velocity = keep * velocity + gradient
        return velocity

    return update


def _adam(keep: float = 0.9, keep_square: float = 0.999, floor: float = 1e-8) -> Update:
    """Return Adam's move, with the bias of both running means corrected."""
    mean: Array | float = 0.0
    square: Array | float = 0.0
    steps = 0

    def update(gradient: Array) -> Array:
        nonlocal mean, square, steps
        steps += 1
        mean = keep * mean + (1 - keep) * gradient
        square = keep_square * square + (1 - keep_square) * gradient**2
        return mean / (1 - keep**steps) / (np.sqrt(square / (1 - keep_square**steps)) + floor)

    return update


OPTIMISERS = {
    "gd": Optimiser("gradient descent", False, lambda: _momentum(0)),
    "gd_momentum": Optimiser("gradient descent, momentum 0.9", False, lambda: _momentum(0.9)),
    "sgd": Optimiser("single-sample SGD", True, lambda: _momentum(0)),
    "sgd_momentum": Optimiser("single-sample SGD, momentum 0.9", True, lambda: _momentum(0.9)),
    "adam": Optimiser("single-sample Adam", True, _adam),
}


def escape_fractions(
    landscape: ToyLandscape,
    step_sizes: Sequence[float],
    *,
    optimisers: Sequence[str] = tuple(OPTIMISERS),
    runs: int = 200,
    steps: int = 3000,
    spread: float = 0.02,
    seed: int = 0,
) -> pd.DataFrame:
    """Count the fine-tuning runs that are outside the trap after a fixed number of steps.

    A run starts near the descent-ascent minimum and takes `steps` steps on the retraining loss.
    It has escaped when the point it is then at lies in the basin of retraining's global minimum:
    stopping there and going on with small steps would lead to that minimum. With a large step a
    run need not stay in a basin, so an escape may be a snapshot of a run that jumps between the
    two; `settled` tells. Smaller step sizes walk less far in the same number of steps.

    Parameters
    ----------
    landscape : ToyLandscape
    step_sizes : sequence of float
    optimisers : sequence of str
        Among the keys of `OPTIMISERS`. A single-sample gradient is that of one of the 12 retain
        points, drawn uniformly at every step, times 12 over |D| = 4, plus the ridge's: its mean
        is the gradient of the retraining loss.
    runs : int
        Runs for each optimiser and step size.
    steps : int
    spread : float
        Standard deviation, in each parameter, of the starts around the descent-ascent minimum.
    seed : int
        The starts are the same for every optimiser and step size, the points drawn the same for
        every step size.

    Returns
    -------
    DataFrame
        One row per optimiser and step size: `optimiser`, `step_size`, `runs`, `steps`, `spread`,
        `escaped` (fraction of all runs), `low` and `high` (its 95% Wilson interval), `settled`
        (fraction of all runs found in one and the same basin at 10 moments spread over the last
        half of the steps), `diverged` (fraction of all runs, at the end not finite or farther
        than 1000 from the origin; neither escaped nor settled).

    Raises
    ------
    ValueError
        When an optimiser is unknown, a number out of range, or a start lies outside the trap.
    """
    unknown = [name for name in optimisers if name not in OPTIMISERS]
    if unknown:
        raise ValueError(f"optimisers must be among {', '.join(OPTIMISERS)}, got {unknown[0]!r}")
    for name, value, least in (("runs", runs, 1), ("steps", steps, 1), ("seed", seed, 0)):
        if not isinstance(value, int | np.integer) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}")
    sizes = np.ravel(checked(positive={"step_sizes": step_sizes})[0])
    (width,) = checked(non_negative={"spread": spread})
    loss = landscape.losses["retraining"]
    minimum = landscape.minima["gda"][0]
    starts = (minimum.a, minimum.b) + width * np.random.default_rng(seed).normal(size=(runs, 2))
    if not end_of_descent(loss, starts).all():
        raise ValueError(
            f"spread must be so small that every start lies in the trap, got {spread:g}, and the "
            f"landscape must have one, got the reading {loss.reading!r}"
        )
    tables = []
    for name in optimisers:
        rng = np.random.default_rng([seed, *name.encode()])
        seen = _basins(loss, _fine_tune(loss, OPTIMISERS[name], starts, sizes, steps, rng))
        escaped = (seen[-1] == 0).mean(axis=1)
        low, high = wilson_interval(escaped, runs)
        columns = {"step_size": sizes, "runs": runs, "steps": steps, "spread": spread}
        columns |= {"escaped": escaped, "low": low, "high": high}
        columns["settled"] = ((seen == seen[-1]) & (seen >= 0)).all(axis=0).mean(axis=1)
        columns["diverged"] = (seen[-1] < 0).mean(axis=1)
        tables.append(pd.DataFrame({"optimiser": name, **columns}))
    return pd.concat(tables, ignore_index=True)


def wilson_interval(fraction: ArrayLike, runs: ArrayLike) -> tuple[Array, Array]:
    """Return the ends of the 95% Wilson interval of a fraction of `runs` independent runs.

    Raises
    ------
    ValueError
        When a fraction is outside [0, 1] or there is no run.
    """
    number, share = checked(positive={"runs": runs}, unit_interval={"fraction": fraction})
    scale = NORMAL_QUANTILE**2 / number
    centre = (share + scale / 2) / (1 + scale)
    half = np.sqrt(scale * share * (1 - share) + scale**2 / 4) / (1 + scale)
    # Rounding must not push the ends out of the range, nor past the fraction.
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)


def _fine_tune(
    loss: ToyLoss,
    optimiser: Optimiser,
    starts: Array,
    sizes: Array,
    steps: int,
    rng: np.random.Generator,
) -> Iterator[Array]:
    """Yield the parameters (step sizes, runs, 2) at the moments of `CHECKS`, the end last."""
    weights = np.asarray(loss.weights)
    points = float(weights.sum())
    chances = weights / points
    parameters: Array = np.tile(starts, (len(sizes), 1, 1))
    update = optimiser.update()
    every = np.arange(len(starts))
    moments = set(np.linspace(steps / 2, steps, CHECKS).round().astype(int).tolist())
    # A run that diverges overflows; it is counted as such afterwards.
    with np.errstate(all="ignore"):
        for step in range(1, steps + 1):
            if optimiser.single_sample:
                drawn = rng.choice(len(SAMPLES), size=len(starts), p=chances)
                sampled = loss.cluster_gradients(parameters)[:, every, drawn]
                gradient = points / len(SAMPLES) * sampled + RIDGE * parameters
            else:
                gradient = loss.gradient(parameters)
            parameters = parameters - sizes[:, None, None] * update(gradient)
            if step in moments:
                yield parameters


def _basins(loss: ToyLoss, moments: Iterator[Array]) -> np.ndarray:
    """Return the minimum that each run belongs to (moments, step sizes, runs), -1 if diverged."""
    parameters = np.stack(list(moments))
    with np.errstate(all="ignore"):
        near = np.linalg.norm(parameters, axis=-1) < REACH
    basins = np.full(near.shape, -1)
    basins[near] = end_of_descent(loss, parameters[near], tolerance=1e-4)
    return basins
