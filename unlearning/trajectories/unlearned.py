"""Unlearn from the members of one chunk, as a study describes it."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning.ensembles.chunk import Chunk
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks.stacking import Weights
from unlearning.trajectories import outside, snapshots
from unlearning.trajectories.given import Given
from unlearning.trajectories.learner import Conditions
from unlearning.trajectories.loading import Outside, check_imports
from unlearning.trajectories.snapshots import Method

logger = logging.getLogger(__name__)


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
        Seeds, seconds, device and versions, for the record beside the artifact; ``not_finite``
        where members have `diverged`.
    """
    conditions = run["conditions"]
    forget = forget[: conditions["forget_limit"]]
    axis = [(epoch, ascent) for epoch, ascent in run["snapshots"]]
    batch_size = run["arguments"].get("batch_size", 1)
    stacked = execution = chunk.execution(batch_size)
    theirs = method if isinstance(method, Outside) else None
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
    if theirs:
        check_imports(theirs)
    if theirs and theirs.network:
        work = len(chunk.members) * max(sample_gradients)
        outside.tell_cost(chunk, stacked, batch_size, work, max(seconds))
    facts: dict[str, Any] = {"snapshots": axis, "sample_gradients": sample_gradients}
    if given is not None and given.gradients:
        facts["given_sample_gradients"] = given.gradients
    if lost := diverged(evaluations, [epoch for epoch, _ in axis], chunk.members):
        facts["not_finite"] = lost
        logger.warning(
            "%d of %d members have margins that are not finite, from epoch %d on: members %s; "
            "scores count such margins and never bin them",
            *(len(lost["members"]), len(chunk.members), lost["epoch"]),
            ", ".join(map(str, lost["members"])),
        )
    return chunk.record(execution, seconds, **facts)


def diverged(
    evaluations: Evaluations, epochs: Sequence[int], members: Sequence[int]
) -> dict[str, Any]:
    """Return which members have left finite numbers; nothing where none has.

    Parameters
    ----------
    evaluations : of all snapshots and members
    epochs : (snapshots,) of each
    members : (members,) their numbers

    Returns
    -------
    dict
        ``members``, and the first ``epoch`` after which a margin of one of them is not finite.
    """
    lost = np.array([~np.isfinite(each).all(axis=-1) for each in evaluations.margins])
    if not lost.any():
        return {}
    first = min(epoch for epoch, some in zip(epochs, lost, strict=True) if some.any())
    found = [member for member, some in zip(members, lost.T, strict=True) if some.any()]
    return {"members": found, "epoch": first}
