"""Unlearn from the members of one chunk, as a study describes it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning import devices, trajectories
from unlearning.checkpoints import Checkpoint
from unlearning.ensemble import Weights
from unlearning.members import builder, stack_size
from unlearning.prepared import Prepared
from unlearning.seeds import member_seeds


def unlearn_members(
    prepared: Prepared,
    study: dict[str, Any],
    method: str,
    run: dict[str, Any],
    forget_set: str,
    forget: NDArray[np.int64],
    members: Sequence[int],
    pretrained: Weights,
    checkpoint: Checkpoint,
) -> tuple[trajectories.Unlearned, dict[str, Any]]:
    """Run one trajectory of a method from a chunk of pretrained members.

    Parameters
    ----------
    prepared : the data set
    study : ``seed``, ``model`` and ``members_per_stack`` of the study
    method : a module of `unlearning.methods`
    run : ``arguments`` of the method, ``snapshots`` to keep, ``shuffle``, and ``forget_limit``, the
        points of the forget set that are used, None for all
    forget_set : its name
    forget : its indices
    members : numbers of the members
    pretrained : their weights, with a leading member axis
    checkpoint : where an interrupted job has left its states

    Returns
    -------
    unlearned : margins and predictions at each snapshot
    record : seeds, seconds, device and versions, for the record beside the artifact
    """
    forget = forget[: run["forget_limit"]]
    seeds = member_seeds(study["seed"], "unlearned", forget_set, members)
    batch = run["arguments"].get("batch_size", 1)
    size = stack_size(study["members_per_stack"], study["model"], prepared, batch)
    unlearned = trajectories.unlearn_ensemble(
        import_module(f"unlearning.methods.{method}").unlearn,
        run["arguments"],
        builder(study["model"], prepared),
        pretrained,
        prepared.data,
        forget,
        np.setdiff1d(np.arange(prepared.n_train), forget),
        seeds,
        snapshots=run["snapshots"],
        members_per_stack=size,
        shuffle=run["shuffle"],
        checkpoint=checkpoint,
    )
    record = {
        "method": method,
        "members": list(members),
        "seeds": seeds,
        "snapshots": run["snapshots"],
        "sample_gradients": unlearned.sample_gradients,
        "seconds": unlearned.seconds,
        "members_per_stack": size,
        "resumed": checkpoint.resumed,
        **devices.report(prepared.data.images.device, len(members), unlearned.seconds[-1]),
    }
    return unlearned, record
