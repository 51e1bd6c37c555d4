"""Methods from outside, held to what a method may do."""

import logging
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from unlearning.computing.execution import Execution
from unlearning.ensembles import measurement
from unlearning.ensembles.chunk import Chunk
from unlearning.networks.stacking import Weights
from unlearning.trajectories import plain
from unlearning.trajectories.learner import Learner, Snapshot
from unlearning.trajectories.loading import MethodError, Outside

logger = logging.getLogger(__name__)

#: Seconds that a stack's steps are timed for, to say what members one after another cost.
TIMED = 0.2


def prepared(
    method: Outside, chunk: Chunk, execution: Execution, pretrained: Weights, run: dict[str, Any]
) -> tuple[Callable[..., Iterator[Snapshot]], Execution]:
    """Return a user's method as a generator of stacks, and how its members are computed.

    Parameters
    ----------
    method : from the user's file
    chunk : the members
    execution : how a stack of them would be computed
    pretrained : their weights, which must stay as they are
    run : as `unlearning.trajectories.unlearned.unlearn_members` has it
    """
    numbers = dict(zip(chunk.seeds, chunk.members, strict=True))
    snapshots = [(epoch, ascent) for epoch, ascent in run["snapshots"]]
    if not method.network:
        return watched(method, _stacked(method, numbers), snapshots, numbers, pretrained), execution
    logger.info(
        "%s has the plain form: %d members one after another, on one ordinary network each, "
        "in float32; its cost is the points that it takes gradients of, or that its loaders of the "
        "forget and retain sets hand out where these are more",
        method.file,
        len(chunk.members),
    )
    optimizer = {key: run["conditions"][key] for key in ("momentum", "weight_decay")}
    strategy = execution.strategy._replace(members=1, compiled=False)
    alone = replace(execution, strategy=strategy, precision="float32")
    single = plain.adapted(method, chunk.build, numbers, optimizer)
    return watched(method, single, snapshots, numbers, pretrained), alone


def _stacked(method: Outside, numbers: Mapping[int, int]) -> Callable[..., Iterator[Snapshot]]:
    """Return a method of stacks whose errors name the user's line."""

    def unlearn(learner: Learner, **hyperparameters: Any) -> Iterator[Snapshot]:
        whom = _whom(learner, numbers)
        steps = method.call(whom, learner, **hyperparameters)
        if not hasattr(steps, "gi_frame"):
            raise MethodError(
                f"{method.at}: unlearn(learner, ...) yields no Snapshot; it must at each epoch"
            )
        for snapshot in method.drive(whom, steps):
            if not isinstance(snapshot, Snapshot):
                raise MethodError(
                    f"{method.at}: unlearn yielded an object of type {type(snapshot).__name__}, "
                    "not a Snapshot(learner, epoch)"
                )
            yield snapshot

    return unlearn


def _whom(learner: Learner, numbers: Mapping[int, int]) -> str:
    first, last = numbers[learner.seeds[0]], numbers[learner.seeds[-1]]
    return f"member {first}" if first == last else f"members {first} to {last}"


def watched(
    method: Outside,
    unlearn: Callable[..., Iterator[Snapshot]],
    wanted: Sequence[tuple[int, int | None]],
    numbers: Mapping[int, int],
    pretrained: Weights,
) -> Callable[..., Iterator[Snapshot]]:
    """Return a method that stops, naming the user's line, at what no method may do.

    That weights are no longer finite stops nothing: the log says where first, and which members
    have left finite numbers is in the record (`unlearning.trajectories.unlearned`).

    Parameters
    ----------
    method : where the lines are
    unlearn : the method as a generator of stacks
    wanted : the (epoch, ascent epochs) that are asked for
    numbers : seed -> number of the member, in their order
    pretrained : weights that must stay as they are
    """
    told: list[str] = []
    places = {seed: place for place, seed in enumerate(numbers)}
    before = {seed: _content(pretrained, place) for seed, place in places.items()}

    def held(learner: Learner, **hyperparameters: Any) -> Iterator[Snapshot]:
        shapes = _shapes(learner.network)
        missing = list(wanted)
        for snapshot in unlearn(learner, **hyperparameters):
            key = (snapshot.epoch, snapshot.ascent_epochs)
            if key not in missing:
                again = " a second time" if key in wanted else ", which nobody asked for"
                raise MethodError(
                    f"{method.at}: unlearn yielded {_named(key)}{again}; "
                    f"asked for: {', '.join(map(_named, wanted))}"
                )
            missing.remove(key)
            if any(_content(pretrained, places[seed]) != before[seed] for seed in learner.seeds):
                raise MethodError(
                    f"{method.at}: unlearn changed the pretrained weights in place; "
                    "change copies of them"
                )
            if _shapes(snapshot.learner.network) != shapes:
                raise MethodError(f"{method.at}: unlearn gave back another architecture")
            lost = _not_finite(snapshot, numbers)
            if lost and not told:
                told.append(method.at)
                logger.warning(
                    "%s: the weights of member %s are not finite after epoch %d, the first of all",
                    *(method.at, ", ".join(lost), snapshot.epoch),
                )
            yield snapshot
        if missing:
            raise MethodError(
                f"{method.at}: unlearn ended without {', '.join(map(_named, missing))}, "
                "which it was asked for"
            )

    return held


def _named(key: tuple[int, int | None]) -> str:
    epoch, ascent = key
    return f"epoch {epoch}" + ("" if ascent is None else f" of {ascent} ascent epochs")


def _content(weights: Weights, place: int) -> int:
    """Return a checksum of a member's weights: what goes by `.data` leaves no other trace."""
    found = 0
    for value in weights.values():
        own = value[place].detach().reshape(-1).contiguous()
        found = zlib.crc32(own.view(torch.uint8).numpy().data, found)
    return found


def _shapes(network: nn.Module) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in network.state_dict().items()}


def _not_finite(snapshot: Snapshot, numbers: Mapping[int, int]) -> list[str]:
    """Return the numbers of the members whose weights are not finite."""
    learner = snapshot.learner
    finite = [
        value.isfinite().flatten(1).all(1)
        for value in learner.network.state_dict().values()
        if value.is_floating_point()
    ]
    right = torch.stack(finite).all(0).tolist()
    return [str(numbers[seed]) for seed, fine in zip(learner.seeds, right, strict=True) if not fine]


def tell_cost(
    chunk: Chunk, execution: Execution, batch_size: int, gradients: int, seconds: float
) -> None:
    """Log what members one after another have cost beside a stack, on this device.

    Parameters
    ----------
    chunk : the members
    execution : how a stack of them would be computed
    batch_size : points in a step
    gradients : sample gradients that all members have taken
    seconds : that they took
    """
    strategy = execution.strategy._replace(compiled=False)
    stack = replace(execution, strategy=strategy)
    rate = measurement.rate(stack, chunk.build, chunk.prepared.data, batch_size, TIMED)
    if rate and gradients and seconds:
        logger.info(
            "plain form: %.1f s, %.3g sample gradients a second; training takes %.3g here as %s, "
            "%.1f times as many",
            seconds,
            gradients / seconds,
            rate,
            strategy,
            rate * seconds / gradients,
        )
