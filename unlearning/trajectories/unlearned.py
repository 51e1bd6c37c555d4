"""Unlearn from the members of one chunk, as a study describes it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning.ensembles.chunk import Chunk
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks.stacking import Weights
from unlearning.trajectories import outside, snapshots
from unlearning.trajectories.given import Given
from unlearning.trajectories.learner import Conditions
from unlearning.trajectories.loading import Outside
from unlearning.trajectories.snapshots import Method


def unlearn_members(
    chunk: Chunk,
    method: Method | Outside,
    run: dict[str, Any],
    forget: NDArray[np.int64],
    pretrained: Weights,
    evaluations: Evaluations,
    given: Given | None = None,
) -> dict[str, Any]:
    """Run one trajectory of a method from a chunk of pretrained members.

    Parameters
    ----------
    chunk : the members
    method : the method's generator, or a user's method of either form
    run : its ``arguments``, ``snapshots`` to keep, and ``conditions``: ``momentum`` and
        ``weight_decay``, the ``order`` of batches, and ``forget_limit``, the points of the forget
        set that are forgotten, None for all; the rest of them is retained
    forget : indices of the forget set
    pretrained : the members' weights, with a leading member axis
    evaluations : where margins and predictions at each snapshot go
    given : what the method asked for beside the members

    Returns
    -------
    dict
        Seeds, seconds, device and versions, for the record beside the artifact.
    """
    conditions = run["conditions"]
    forget = forget[: conditions["forget_limit"]]
    axis = [(epoch, ascent) for epoch, ascent in run["snapshots"]]
    batch_size = run["arguments"].get("batch_size", 1)
    stacked = execution = chunk.execution(batch_size)
    is_plain = isinstance(method, Outside) and bool(method.network)
    if isinstance(method, Outside):
        method, execution = outside.prepared(method, chunk, stacked, pretrained, run)
    seconds, sample_gradients = snapshots.unlearn_ensemble(
        method,
        run["arguments"],
        chunk.build,
        pretrained,
        chunk.prepared.data,
        forget,
        np.setdiff1d(np.arange(chunk.prepared.n_train), forget),
        chunk.seeds,
        snapshots=axis,
        execution=execution,
        conditions=Conditions(
            conditions["momentum"], conditions["weight_decay"], conditions["order"] == "shuffled"
        ),
        evaluations=evaluations,
        checkpoint=chunk.checkpoint,
        given=given,
    )
    if is_plain:
        work = len(chunk.members) * max(sample_gradients)
        outside.tell_cost(chunk, stacked, batch_size, work, max(seconds))
    facts = {"snapshots": axis, "sample_gradients": sample_gradients}
    if given is not None and given.gradients:
        facts["given_sample_gradients"] = given.gradients
    return chunk.record(execution, seconds, **facts)
