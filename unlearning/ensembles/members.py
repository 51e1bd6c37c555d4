"""Train the members of one chunk from scratch, as a study describes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning.computing.execution import in_stacks
from unlearning.ensembles import margins, training
from unlearning.ensembles.chunk import Chunk
from unlearning.ensembles.early import EarlyWeights
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks import stacking
from unlearning.networks.stacking import Weights
from unlearning.study.seeds import generator, member_seed


def train_members(
    chunk: Chunk,
    subsets: NDArray[np.int64],
    snapshots: Sequence[int],
    evaluations: Evaluations,
    early: EarlyWeights | None = None,
) -> tuple[Weights, dict[str, Any]]:
    """Train a chunk of members from scratch.

    Parameters
    ----------
    chunk : the members
    subsets : (members, points) or (points,) indices that they train on
    snapshots : epochs to evaluate at, the last one included
    evaluations : where their margins go
    early : where weights on the way are kept, if any are asked for

    Returns
    -------
    weights : with a leading member axis
    record : seeds, seconds, device and versions, for the record beside the artifact
    """
    recipe = training.Recipe(**chunk.study["training"])
    execution = chunk.execution(recipe.batch_size)
    weights, seconds = training.train_ensemble(
        chunk.build,
        chunk.prepared.data,
        np.broadcast_to(subsets, (len(chunk.members), subsets.shape[-1])),
        chunk.seeds,
        recipe,
        execution=execution,
        snapshots=snapshots,
        evaluations=evaluations,
        checkpoint=chunk.checkpoint,
        early=early,
    )
    return weights, chunk.record(execution, seconds, epochs=list(snapshots))


def member_logits(chunk: Chunk, weights: Weights) -> NDArray[np.float32]:
    """Return the logits of trained members on every point, in evaluation mode.

    Parameters
    ----------
    chunk : the members
    weights : theirs, with a leading member axis

    Returns
    -------
    ndarray of float32
        (members, points, classes)
    """
    data, members = chunk.prepared.data, len(chunk.members)
    execution = chunk.execution(chunk.study["training"]["batch_size"])
    found = np.empty((members, len(data.labels), chunk.prepared.classes), np.float32)

    def evaluate(stack: slice) -> None:
        size = stack.stop - stack.start
        network = execution.stack(chunk.build(0), size)
        network.load_state_dict(stacking.select(weights, stack))
        network.to(data.labels.device, data.dtype)
        outputs = margins.logits(network, data, size, execution.evaluation_precision)
        found[stack] = outputs.cpu().numpy()

    in_stacks(members, execution.strategy.members, evaluate)
    return found


def random_subsets(
    study_seed: int, members: Sequence[int], n_train: int, fraction: float
) -> NDArray[np.int64]:
    """Return the sorted random subset of each datamodel member, (members, fraction * n_train)."""
    size = round(fraction * n_train)
    seeds = [member_seed(study_seed, "datamodel subset", "", member) for member in members]
    return np.stack(
        [np.sort(generator(seed).choice(n_train, size, replace=False)) for seed in seeds]
    )
