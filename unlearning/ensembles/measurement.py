"""Find out how members are computed fastest on a device, by trying."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from torch import nn

from unlearning.computing.batches import Data
from unlearning.computing.devices import wait_for
from unlearning.computing.execution import TOO_SMALL, Execution, fits
from unlearning.computing.precision import products_in
from unlearning.computing.steps import FIRST_STEPS
from unlearning.ensembles import trials
from unlearning.study import strategies
from unlearning.study.strategies import Strategy

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effort:
    """How long to try.

    Attributes
    ----------
    seconds : that the steps of one strategy are timed for, at least
    budget : seconds after which no further strategy is tried at a size of batch
    """

    seconds: float = 0.5
    budget: float = 120.0


def pace(take: Callable[[], None], device: torch.device, seconds: float) -> float:
    """Return how often a second something is done, of a series that takes some time.

    Parameters
    ----------
    take : does it once; whatever is slow in the first calls has been done before
    device : that it computes on
    seconds : that the series is to take, at least
    """
    count, taken = 0, 0.0
    while taken < seconds:
        # At most four times as many as before: the first ones may be slower than the rest.
        wanted = round(1.2 * count * seconds / max(taken, 1e-9))
        count = max(count + 1, min(4 * count, wanted))
        wait_for(device)
        started = perf_counter()
        for _ in range(count):
            take()
        wait_for(device)
        taken = perf_counter() - started
    return count / taken


def rate(
    execution: Execution,
    build: Callable[[int], nn.Module],
    data: Data,
    batch_size: int,
    seconds: float,
) -> float | None:
    """Return the samples a second that one strategy trains, None where memory is too short.

    Parameters
    ----------
    execution : strategy and precision
    build : gives the untrained network of a seed, on the CPU
    data : points to train on
    batch_size : samples of one member in a step
    seconds : to time steps for
    """
    found: list[float] = []

    def run(stack: slice) -> None:
        found.append(_rate(execution, stack.stop, build, data, batch_size, seconds))

    return found[0] if fits(run, slice(0, execution.strategy.members)) else None


def _rate(
    execution: Execution,
    members: int,
    build: Callable[[int], nn.Module],
    data: Data,
    batch_size: int,
    seconds: float,
) -> float:
    device = data.inputs.device
    take = trials.step(execution, members, build, data, batch_size)
    with products_in(execution.precision):
        for _ in range(FIRST_STEPS + 2 if execution.recorder(device) else 1):
            take()
        paced = pace(take, device, seconds)
    return members * batch_size * paced


def measure(
    build: Callable[[int], nn.Module],
    data: Data,
    batch_size: int,
    members: int,
    computing: dict[str, Any],
    effort: Effort | None = None,
) -> list[dict[str, Any]]:
    """Try the strategies for chunks of a study at one size of batch.

    Larger stacks of a layout are tried as long as they are faster than smaller ones. On a GPU the
    fastest is tried compiled as well, and so is a loop.

    Parameters
    ----------
    build : gives the untrained network of a seed, on the CPU
    data : the data set, on the device
    batch_size : samples of one member in a step
    members : of a chunk
    computing : of the study
    effort : how long to try

    Returns
    -------
    list of dict
        For each strategy ``batch_size``, ``layout``, ``members``, ``compiled`` and
        ``samples_per_second``, None where memory was too short or it could not be compiled.

    Raises
    ------
    RuntimeError
        When the device has too little memory for a single member.
    """
    effort, started = effort or Effort(), perf_counter()
    tried: list[dict[str, Any]] = []

    def attempt(strategy: Strategy) -> float:
        """Return the rate of a strategy, 0 where it cannot be run."""
        execution = Execution(
            strategy, computing["precision"], cuda_graphs=computing["cuda_graphs"]
        )
        try:
            found = rate(execution, build, data, batch_size, effort.seconds)
        except RuntimeError as error:  # torch.compile's errors are
            if not strategy.compiled:
                raise
            found = None
            logger.info("%s cannot be compiled here: %s", strategy, error)
        tried.append({"batch_size": batch_size, **strategy._asdict(), "samples_per_second": found})
        speed = "cannot be run" if found is None else f"{found:.4g} samples a second"
        logger.info("batch %d, %s: %s", batch_size, strategy, speed)
        return found or 0.0

    rates: dict[str, float] = {}  # of the last stack of a layout
    done: set[str] = set()  # layouts of which a larger stack was no faster
    for strategy in strategies.candidates(members, data.inputs.device.type):
        layout = strategy.layout
        if perf_counter() - started > effort.budget:
            logger.info("batch %d, %s: not tried, time is up", batch_size, strategy)
        elif layout not in done:
            found = attempt(strategy)
            if found <= rates.get(layout, 0.0):
                done.add(layout)
            rates[layout] = found
    if all(entry["samples_per_second"] is None for entry in tried):
        raise RuntimeError(TOO_SMALL)
    if data.inputs.device.type == "cuda":
        best = strategies.fastest(tried, batch_size)
        for strategy in dict.fromkeys((best, Strategy("grouped", 1))):
            if strategy.layout != "side_by_side":
                attempt(strategy._replace(compiled=True))
    return tried
