"""Run an unlearning method over a chunk of members and keep what each snapshot looks like."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from unlearning.computing.batches import Data
from unlearning.computing.execution import Execution, in_stacks
from unlearning.computing.precision import products_in
from unlearning.ensembles import checkpoints, margins
from unlearning.ensembles.checkpoints import Checkpoint, stack_name
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks import stacking
from unlearning.trajectories.given import Given
from unlearning.trajectories.learner import Conditions, Learner, Snapshot

logger = logging.getLogger(__name__)

Method = Callable[..., Iterator[Snapshot]]
Pass = Callable[[Learner, int], None]
Key = tuple[int, int | None]  # an epoch, and the number of ascent epochs


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
    weights: stacking.Weights,
    data: Data,
    forget: NDArray[np.int64],
    retain: NDArray[np.int64],
    seeds: Sequence[int],
    *,
    snapshots: Sequence[Key],
    execution: Execution,
    conditions: Conditions,
    evaluations: Evaluations,
    checkpoint: Checkpoint | None = None,
    given: Given | None = None,
) -> tuple[list[float], list[int]]:
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
    execution : members unlearned as one network, and how
    conditions : of the optimizer and the batches
    evaluations : where the margins at the snapshots go
    checkpoint : where an interrupted call of the same arguments has left its finished stacks
    given : what the method asked for beside the members; further keywords of it

    Returns
    -------
    seconds : spent by the whole chunk until each snapshot
    sample_gradients : of one member until each snapshot

    Raises
    ------
    RuntimeError
        When the method does not yield exactly the snapshots that were asked for.
    """
    checkpoint, given = checkpoint or checkpoints.none(), given or Given()
    device, members = data.inputs.device, len(seeds)
    seconds, gradients = [0.0] * len(snapshots), [0] * len(snapshots)
    to_forget, to_retain = (
        torch.from_numpy(np.array(indices)).to(device) for indices in (forget, retain)
    )

    def unlearn_stack(stack: slice) -> None:
        name, size = stack_name(stack), stack.stop - stack.start
        if state := checkpoint.load(name):
            evaluations.restore(stack, state[0])
            spent, taken = state[1]["seconds"], state[1]["sample_gradients"]
        else:
            network = execution.stack(build(0), size)
            network.load_state_dict(stacking.select(weights, stack))
            network.to(device, data.dtype)
            learner = Learner(
                network,
                data,
                to_forget,
                to_retain,
                seeds[stack],
                conditions=conditions,
                execution=execution,
                build=build,
            )
            missing, spent = set(snapshots), [0.0] * len(snapshots)
            taken = [0] * len(snapshots)
            further = given.of_stack(stack, data)
            for snapshot in method(learner, **hyperparameters, **further):
                row = snapshots.index(_expected(snapshot, missing, snapshots))
                branch = snapshot.learner
                found = margins.evaluate(
                    branch.network, data, size, execution.evaluation_precision, snapshot.shift
                )
                evaluations.put(row, stack, *found)
                spent[row], taken[row] = branch.seconds, branch.sample_gradients
            if missing:
                raise RuntimeError(
                    f"the method never yielded the snapshots {sorted(missing, key=str)}"
                )
            if checkpoint.every:
                facts = {"epoch": max(snapshots)[0], "seconds": spent}
                facts |= {"sample_gradients": taken}
                checkpoint.save(name, evaluations.state(stack), facts)
        seconds[:] = [total + part for total, part in zip(seconds, spent, strict=True)]
        gradients[:] = [total + size * part for total, part in zip(gradients, taken, strict=True)]
        logger.info("unlearned %d of %d members", stack.stop, members)

    with products_in(execution.precision):
        in_stacks(members, execution.strategy.members, unlearn_stack)
    evaluations.finish()
    return seconds, [round(total / members) for total in gradients]


def _expected(snapshot: Snapshot, missing: set[Key], wanted: Sequence[Key]) -> Key:
    """Return the key of a snapshot, and take it from those that are missing."""
    key = (snapshot.epoch, snapshot.ascent_epochs)
    if key not in missing:
        raise RuntimeError(
            f"the method yielded epoch {key[0]} (ascent epochs {key[1]}), which was not asked for "
            f"or came twice; asked for: {list(wanted)}"
        )
    missing.remove(key)
    return key
