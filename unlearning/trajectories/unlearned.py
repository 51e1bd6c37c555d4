"""Unlearn from the members of one chunk, as a study describes it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unlearning.computing import devices
from unlearning.computing.execution import execution_of
from unlearning.computing.prepared import Prepared
from unlearning.ensembles.checkpoints import Checkpoint
from unlearning.ensembles.evaluations import Evaluations
from unlearning.ensembles.members import builder
from unlearning.networks.stacking import Weights
from unlearning.study.seeds import member_seeds
from unlearning.trajectories import snapshots


def unlearn_members(
    prepared: Prepared,
    study: dict[str, Any],
    method: str,
    run: dict[str, Any],
    forget_set: str,
    forget: NDArray[np.int64],
    members: Sequence[int],
    pretrained: Weights,
    evaluations: Evaluations,
    checkpoint: Checkpoint,
    measured: dict[str, Any] | None,
) -> dict[str, Any]:
    """Run one trajectory of a method from a chunk of pretrained members.

    Parameters
    ----------
    prepared : the data set
    study : ``seed``, ``model`` and ``computing`` of the study
    method : a module of `unlearning.methods`
    run : ``arguments`` of the method, ``snapshots`` to keep, ``shuffle``, and ``forget_limit``, the
        points of the forget set that are used, None for all
    forget_set : its name
    forget : its indices
    members : numbers of the members
    pretrained : their weights, with a leading member axis
    evaluations : where margins and predictions at each snapshot go
    checkpoint : where an interrupted job has left its states
    measured : what the rule ``measure_strategies`` found, None where the study does not measure

    Returns
    -------
    dict
        Seeds, seconds, device and versions, for the record beside the artifact.
    """
    forget = forget[: run["forget_limit"]]
    seeds = member_seeds(study["seed"], "unlearned", forget_set, members)
    execution = execution_of(study, prepared.data, run["arguments"].get("batch_size", 1), measured)
    seconds, sample_gradients = snapshots.unlearn_ensemble(
        import_module(f"unlearning.methods.{method}").unlearn,
        run["arguments"],
        builder(study["model"], prepared),
        pretrained,
        prepared.data,
        forget,
        np.setdiff1d(np.arange(prepared.n_train), forget),
        seeds,
        snapshots=run["snapshots"],
        execution=execution,
        shuffle=run["shuffle"],
        evaluations=evaluations,
        checkpoint=checkpoint,
    )
    return {
        "method": method,
        "members": list(members),
        "seeds": seeds,
        "snapshots": run["snapshots"],
        "sample_gradients": sample_gradients,
        "seconds": seconds,
        **execution.report(),
        "resumed": checkpoint.resumed,
        **devices.report(prepared.data.images.device, len(members), seconds[-1]),
    }
