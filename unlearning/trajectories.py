"""Run an unlearning method over a chunk of members and keep what each snapshot looks like."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unlearning import checkpoints, ensemble, margins
from unlearning.batches import Data
from unlearning.checkpoints import Checkpoint
from unlearning.learner import Learner, Snapshot

logger = logging.getLogger(__name__)

Method = Callable[..., Iterator[Snapshot]]
Pass = Callable[[Learner, int], None]


@dataclass(frozen=True)
class Unlearned:
    """A trajectory of a chunk of members."""

    margins: NDArray[np.float32]  # (snapshots, members, points)
    correct: NDArray[np.bool_]  # (snapshots, members, points)
    seconds: list[float]  # spent by the whole chunk until each snapshot
    sample_gradients: list[int]  # of one member until each snapshot


def ascend_then_descend(
    learner: Learner,
    *,
    ascend: Pass,
    descend: Pass,
    epochs: Collection[int],
    ascent_epochs: Collection[int],
) -> Iterator[Snapshot]:
    """Yield the snapshots of every number of ascent epochs, running their common prefix once.

    In each of the first ``ascent_epochs`` epochs an ascent pass precedes a descent pass; the later
    epochs only descend. Runs that differ in the number of ascent epochs alone are the same run
    until the smaller number is reached, where the learner is forked.

    Parameters
    ----------
    learner : started learner
    ascend, descend : one pass each, called with a learner and the epoch (from 1)
    epochs : epochs at which a snapshot is wanted
    ascent_epochs : numbers of ascent epochs
    """
    for epoch in range(1, max(ascent_epochs) + 1):
        ascend(learner, epoch)
        descend(learner, epoch)
        if epoch in epochs:
            for later in ascent_epochs:
                if later >= epoch:
                    yield Snapshot(learner, epoch, later)
        if epoch in ascent_epochs:
            branch = learner if epoch == max(ascent_epochs) else learner.fork()
            for after in range(epoch + 1, max(epochs) + 1):
                descend(branch, after)
                if after in epochs:
                    yield Snapshot(branch, after, epoch)


def unlearn_ensemble(
    method: Method,
    hyperparameters: dict[str, Any],
    build: Callable[[int], nn.Module],
    weights: ensemble.Weights,
    data: Data,
    forget: NDArray[np.int64],
    retain: NDArray[np.int64],
    seeds: Sequence[int],
    *,
    snapshots: Sequence[tuple[int, int | None]],
    members_per_stack: int,
    shuffle: bool,
    checkpoint: Checkpoint | None = None,
) -> Unlearned:
    """Unlearn with every member of a chunk, a stack after another.

    Parameters
    ----------
    method : the method's generator, ``unlearn(learner, **hyperparameters)``
    hyperparameters : its keywords
    build : gives a network of the ensemble's architecture, its weights are replaced
    weights : pretrained weights, leading member axis
    data : all points of the data set
    forget, retain : indices of the points to forget and of those to keep
    seeds : (members,) seeds of the members' batches
    snapshots : the (epoch, ascent epochs) wanted, in the order of the snapshot axis
    members_per_stack : members unlearned as one network
    shuffle : whether batches are shuffled
    checkpoint : where an interrupted call of the same arguments has left its finished stacks

    Returns
    -------
    Unlearned

    Raises
    ------
    RuntimeError
        When the method does not yield exactly the snapshots that were asked for.
    """
    checkpoint = checkpoint or checkpoints.none()
    members = len(seeds)
    shape = (len(snapshots), members, len(data.labels))
    all_margins, all_correct = np.empty(shape, np.float32), np.empty(shape, np.bool_)
    seconds, gradients = [0.0] * len(snapshots), [0] * len(snapshots)
    for start in range(0, members, members_per_stack):
        block = slice(start, min(start + members_per_stack, members))
        if state := checkpoint.load(str(start)):
            all_margins[:, block] = state[0]["margins"].numpy()
            all_correct[:, block] = state[0]["correct"].numpy()
            gradients = state[1]["sample_gradients"]
            seconds = [sum(pair) for pair in zip(seconds, state[1]["seconds"], strict=True)]
            continue
        network = ensemble.stack(build(0), block.stop - block.start)
        network.load_state_dict(ensemble.select(weights, block))
        network.to(data.images.device, data.dtype)
        learner = Learner(network, data, forget, retain, seeds[block], shuffle=shuffle)
        missing, spent = set(snapshots), [0.0] * len(snapshots)
        for snapshot in method(learner, **hyperparameters):
            key = (snapshot.epoch, snapshot.ascent_epochs)
            if key not in missing:
                raise RuntimeError(
                    f"the method yielded epoch {key[0]} (ascent epochs {key[1]}), which was not "
                    f"asked for or came twice; asked for: {list(snapshots)}"
                )
            missing.remove(key)
            row = snapshots.index(key)
            branch = snapshot.learner
            evaluated = margins.evaluate(branch.network, data, branch.members)
            all_margins[row, block], all_correct[row, block] = evaluated
            spent[row] = branch.seconds
            gradients[row] = branch.sample_gradients
        if missing:
            raise RuntimeError(f"the method never yielded the snapshots {sorted(missing, key=str)}")
        seconds = [sum(pair) for pair in zip(seconds, spent, strict=True)]
        checkpoint.save(
            str(start),
            {
                "margins": torch.from_numpy(all_margins[:, block].copy()),
                "correct": torch.from_numpy(all_correct[:, block].copy()),
            },
            {"epoch": max(snapshots)[0], "seconds": spent, "sample_gradients": gradients},
        )
        logger.info("unlearned %d of %d members", block.stop, members)
    return Unlearned(all_margins, all_correct, seconds, gradients)
