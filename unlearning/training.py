"""Train an ensemble from scratch by the paper's recipe (App. M)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from unlearning import checkpoints, ensemble, margins
from unlearning.batches import Data, ordered, split
from unlearning.checkpoints import Checkpoint, Tensors
from unlearning.devices import wait_for
from unlearning.sgd import SGD

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Stochastic gradient descent with a triangular learning rate."""

    epochs: int
    batch_size: int
    peak_learning_rate: float
    peak_epoch: float
    momentum: float
    weight_decay: float

    def learning_rate(self, step: int, steps_per_epoch: int) -> float:
        """Return the learning rate in the middle of a step: 0 -> peak -> 0 over the epochs."""
        epoch = (step + 0.5) / steps_per_epoch
        knots = [0.0, self.peak_epoch, float(self.epochs)]
        return float(np.interp(epoch, knots, [0.0, self.peak_learning_rate, 0.0]))


@dataclass(frozen=True)
class Trained:
    """What training an ensemble leaves behind."""

    weights: ensemble.Weights  # leading member axis
    margins: NDArray[np.float32]  # (snapshots, members, points)
    correct: NDArray[np.bool_]  # (snapshots, members, points)
    seconds: list[float]  # spent in training until each snapshot


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the sum over members of each member's mean cross-entropy.

    Members share no weight, so the gradient of the sum is every member's own gradient.

    Parameters
    ----------
    logits : (members, batch, classes)
    labels : (members, batch)
    """
    total = functional.cross_entropy(logits.transpose(1, 2), labels, reduction="sum")
    return total / labels.shape[1]


def train(
    network: nn.Module,
    data: Data,
    subsets: NDArray[np.int64],
    seeds: Sequence[int],
    recipe: Recipe,
    optimizer: SGD,
    first_epoch: int = 0,
) -> Iterator[int]:
    """Train a stacked network in place, yielding the epoch after each one.

    Parameters
    ----------
    network : stacked network of M members
    data : the points, on the network's device
    subsets : (members, points) indices of the points that each member trains on
    seeds : (members,) seeds of the members' batches
    recipe : the recipe
    optimizer : of the network's parameters, with the recipe's momentum and weight decay
    first_epoch : epochs that network and optimizer have behind them
    """
    steps = ceil(subsets.shape[1] / recipe.batch_size)
    network.train()
    for epoch in range(first_epoch, recipe.epochs):
        order = ordered(subsets, seeds, epoch).to(data.labels.device)
        for step, batch in enumerate(split(order, recipe.batch_size), start=epoch * steps):
            optimizer.learning_rate = recipe.learning_rate(step, steps)
            images, labels = data.gather(batch)
            optimizer.step(cross_entropy(network(images), labels))
        yield epoch + 1


def train_ensemble(
    build: Callable[[int], nn.Module],
    data: Data,
    subsets: NDArray[np.int64],
    seeds: Sequence[int],
    recipe: Recipe,
    *,
    members_per_stack: int,
    snapshots: Sequence[int],
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train one member a seed, a stack after another, and evaluate all at the given epochs.

    Parameters
    ----------
    build : gives the untrained network of a seed, on the CPU
    data : the points
    subsets : (members, points) indices of the points that each member trains on
    seeds : (members,) seeds of weights and batches
    recipe : the recipe
    members_per_stack : members trained as one network; 1 is a loop over members
    snapshots : increasing epochs, the last of them ``recipe.epochs``
    checkpoint : where an interrupted call of the same arguments has left its states; the result
        is the same with and without

    Returns
    -------
    Trained
    """
    checkpoint = checkpoint or checkpoints.none()
    members = len(seeds)
    shape = (len(snapshots), members, len(data.labels))
    all_margins, all_correct = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    parts: list[ensemble.Weights] = []
    seconds = [0.0] * len(snapshots)
    for start in range(0, members, members_per_stack):
        block = slice(start, min(start + members_per_stack, members))
        network = ensemble.assemble(build, seeds[block]).to(data.images.device, data.dtype)
        optimizer = SGD(network, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        evaluated = all_margins[:, block], all_correct[:, block]
        first_epoch, spent = 0, [0.0] * len(snapshots)
        if state := checkpoint.load(str(start)):
            first_epoch, spent = state[1]["epoch"], state[1]["seconds"]
            _restore(state[0], network, optimizer, evaluated)
        clock, started = spent[-1], perf_counter()
        epochs = train(network, data, subsets[block], seeds[block], recipe, optimizer, first_epoch)
        for epoch in epochs:
            if epoch not in snapshots and not checkpoint.due(epoch):
                continue
            wait_for(data.images.device)
            clock += perf_counter() - started
            spent[-1] = clock
            if epoch in snapshots:
                row = snapshots.index(epoch)
                spent[row] = clock
                found = margins.evaluate(network, data, block.stop - block.start)
                evaluated[0][row], evaluated[1][row] = found
            if checkpoint.due(epoch) or epoch == recipe.epochs:
                facts = {"epoch": epoch, "seconds": spent}
                checkpoint.save(str(start), _state(network, optimizer, evaluated), facts)
            started = perf_counter()
        seconds = [total + part for total, part in zip(seconds, spent, strict=True)]
        parts.append(ensemble.weights_of(network))
        logger.info("trained %d of %d members", block.stop, members)
    return Trained(ensemble.concatenate(parts), all_margins, all_correct, seconds)


Evaluated = tuple[NDArray[np.float32], NDArray[np.bool_]]


def _state(network: nn.Module, optimizer: SGD, evaluated: Evaluated) -> Tensors:
    """Return everything that training goes on from, and what has been evaluated so far."""
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    state |= {f"momentum.{i}": value for i, value in enumerate(optimizer.running())}
    margins_so_far, correct = evaluated
    state["margins"] = torch.from_numpy(np.ascontiguousarray(margins_so_far))
    state["correct"] = torch.from_numpy(np.ascontiguousarray(correct))
    return state


def _restore(state: Tensors, network: nn.Module, optimizer: SGD, evaluated: Evaluated) -> None:
    """Put back what `_state` returned."""
    prefix = "network."
    network.load_state_dict(
        {
            name.removeprefix(prefix): value
            for name, value in state.items()
            if name.startswith(prefix)
        }
    )
    count = sum(name.startswith("momentum.") for name in state)
    optimizer.resume([state[f"momentum.{i}"] for i in range(count)])
    evaluated[0][:], evaluated[1][:] = state["margins"].numpy(), state["correct"].numpy()
