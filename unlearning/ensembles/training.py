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

from unlearning.computing.batches import Data, ordered, split
from unlearning.computing.devices import wait_for
from unlearning.computing.execution import Execution, in_stacks
from unlearning.computing.precision import features_in, products_in
from unlearning.computing.sgd import SGD
from unlearning.computing.steps import Steps
from unlearning.ensembles import checkpoints, margins
from unlearning.ensembles.checkpoints import Checkpoint, Tensors, stack_name
from unlearning.ensembles.early import EarlyWeights
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks import stacking

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


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the sum over members of each member's mean cross-entropy.

    Members share no weight, so the gradient of the sum is every member's own gradient. The
    cross-entropy of a sequence is the mean over its tokens.

    Parameters
    ----------
    logits : (members, batch, classes), or (members, batch, tokens, classes)
    labels : (members, batch), or (members, batch, tokens)
    """
    if labels.dim() == 3:
        log_probabilities = functional.log_softmax(logits, -1)
        losses = functional.nll_loss(
            log_probabilities.flatten(0, 2), labels.flatten(), reduction="none", ignore_index=-1
        )
        return losses.dot(token_weights(labels, losses.dtype).flatten()) / labels.shape[1]
    # Over classes where `StackedLinear` leaves them; then a row a sample, because the sum over a
    # further axis has no form on a GPU that repeats itself.
    log_probabilities = functional.log_softmax(logits.transpose(1, 2), 1).transpose(1, 2)
    total = functional.nll_loss(log_probabilities.flatten(0, 1), labels.flatten(), reduction="sum")
    return total / labels.shape[1]


def token_weights(labels: Tensor, dtype: torch.dtype) -> Tensor:
    """Return what each token counts for in its sequence: 1 / length, and 0 after its end.

    Parameters
    ----------
    labels : (..., tokens), -1 after the end of a sequence
    dtype : of the weights
    """
    inside = labels.ge(0).to(dtype)
    return inside / inside.sum(-1, keepdim=True)


def logits(
    forward: Callable[[Tensor], Tensor], data: Data, batch: Tensor, precision: str
) -> tuple[Tensor, Tensor]:
    """Return the members' logits on their batches, and the labels.

    Parameters
    ----------
    forward : maps inputs (members, batch, ...) to logits
    data : the data set
    batch : (members, batch) indices of points
    precision : that the network computes in

    Returns
    -------
    logits : (members, batch, classes), of sequences (members, batch, tokens, classes)
    labels : (members, batch), of sequences (members, batch, tokens)
    """
    inputs, labels = data.gather(batch)
    with features_in(precision, inputs.device):
        return forward(inputs), labels


def train(
    network: nn.Module,
    data: Data,
    points: Tensor,
    seeds: Sequence[int],
    recipe: Recipe,
    optimizer: SGD,
    execution: Execution,
    first_epoch: int = 0,
) -> Iterator[int]:
    """Train a stacked network in place, yielding the epoch after each one.

    Nothing in an epoch waits for the device.

    Parameters
    ----------
    network : stacked network of M members
    data : the data set, on the network's device
    points : (members, points) indices that each member trains on, on the same device
    seeds : (members,) seeds of the members' batches
    recipe : the recipe
    optimizer : of the network's parameters, with the recipe's momentum and weight decay
    execution : precision of the members, and how their steps are taken
    first_epoch : epochs that network and optimizer have behind them
    """
    steps_per_epoch = ceil(points.shape[1] / recipe.batch_size)
    steps = Steps(optimizer, execution.recorder(data.labels.device))
    forward = execution.called(network)

    def loss(batch: Tensor) -> Tensor:
        return cross_entropy(*logits(forward, data, batch, execution.precision))

    network.train()
    for epoch in range(first_epoch, recipe.epochs):
        order = ordered(points, seeds, epoch)
        for step, batch in enumerate(
            split(order, recipe.batch_size), start=epoch * steps_per_epoch
        ):
            optimizer.learning_rate = recipe.learning_rate(step, steps_per_epoch)
            steps.take(loss, batch)
        yield epoch + 1


def train_ensemble(
    build: Callable[[int], nn.Module],
    data: Data,
    subsets: NDArray[np.int64],
    seeds: Sequence[int],
    recipe: Recipe,
    *,
    execution: Execution,
    snapshots: Sequence[int],
    evaluations: Evaluations,
    checkpoint: Checkpoint | None = None,
    early: EarlyWeights | None = None,
) -> tuple[stacking.Weights, list[float]]:
    """Train one member a seed, a stack after another, and evaluate all at the given epochs.

    Parameters
    ----------
    build : gives the untrained network of a seed, on the CPU
    data : the points
    subsets : (members, points) indices of the points that each member trains on
    seeds : (members,) seeds of weights and batches
    recipe : the recipe
    execution : members trained as one network, and how
    snapshots : increasing epochs, the last of them ``recipe.epochs``
    evaluations : where the margins at the snapshots go
    checkpoint : where an interrupted call of the same arguments has left its states; the result
        is the same with and without
    early : where weights on the way are kept, if any are asked for

    Returns
    -------
    weights : after the last epoch, on the CPU, with a leading member axis
    seconds : spent in training until each snapshot
    """
    checkpoint, early = checkpoint or checkpoints.none(), early or EarlyWeights()
    device, members = data.inputs.device, len(seeds)
    parts: list[stacking.Weights] = []
    seconds = [0.0] * len(snapshots)

    def train_stack(stack: slice) -> None:
        size = stack.stop - stack.start
        network = stacking.fill(
            execution.stack(build(seeds[stack.start]), size), build, seeds[stack]
        )
        network.to(device, data.dtype)
        optimizer = SGD(network, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        points = torch.from_numpy(np.array(subsets[stack])).to(device)
        first_epoch, spent = 0, [0.0] * len(snapshots)
        name = stack_name(stack)
        if state := checkpoint.load(name):
            first_epoch, spent = state[1]["epoch"], state[1]["seconds"]
            _restore(state[0], network, optimizer)
            evaluations.restore(stack, state[0])
            early.restore(stack, state[0])
        clock, started = spent[-1], perf_counter()
        for epoch in train(
            network, data, points, seeds[stack], recipe, optimizer, execution, first_epoch
        ):
            kept = epoch in snapshots or epoch in early.epochs
            if not kept and not checkpoint.due(epoch):
                continue
            wait_for(device)
            clock += perf_counter() - started
            spent[-1] = clock
            early.keep(stack, epoch, network)
            if epoch in snapshots:
                row = snapshots.index(epoch)
                spent[row] = clock
                found = margins.evaluate(network, data, size, execution.evaluation_precision)
                evaluations.put(row, stack, *found)
            if checkpoint.every and (checkpoint.due(epoch) or epoch == recipe.epochs):
                facts = {"epoch": epoch, "seconds": spent}
                state_now = _state(network, optimizer) | evaluations.state(stack)
                checkpoint.save(name, state_now | early.state(stack), facts)
            wait_for(device)
            started = perf_counter()
        seconds[:] = [total + part for total, part in zip(seconds, spent, strict=True)]
        parts.append(stacking.weights_of(network))
        logger.info("trained %d of %d members", stack.stop, members)

    with products_in(execution.precision):
        in_stacks(members, execution.strategy.members, train_stack)
    evaluations.finish()
    return stacking.concatenate(parts), seconds


def _state(network: nn.Module, optimizer: SGD) -> Tensors:
    """Return everything that training goes on from."""
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    return state | {f"momentum.{i}": value for i, value in enumerate(optimizer.running())}


def _restore(state: Tensors, network: nn.Module, optimizer: SGD) -> None:
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
