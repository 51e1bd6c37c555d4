"""Build and train the members of one chunk, as a study describes them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from unlearning.computing import devices
from unlearning.computing.execution import execution_of
from unlearning.computing.prepared import Prepared
from unlearning.ensembles import training
from unlearning.ensembles.checkpoints import Checkpoint
from unlearning.ensembles.evaluations import Evaluations
from unlearning.networks import models, stacking
from unlearning.study.seeds import generator, member_seed, member_seeds


def builder(model: dict[str, Any], prepared: Prepared) -> Callable[[int], nn.Module]:
    """Return the function from a seed to an untrained network that fits the data set."""
    return lambda seed: models.build(model, prepared.image_shape, prepared.classes, seed)


def train_members(
    prepared: Prepared,
    study: dict[str, Any],
    role: str,
    forget_set: str,
    members: Sequence[int],
    subsets: NDArray[np.int64],
    snapshots: Sequence[int],
    evaluations: Evaluations,
    checkpoint: Checkpoint,
    measured: dict[str, Any] | None,
) -> tuple[stacking.Weights, dict[str, Any]]:
    """Train a chunk of members from scratch.

    Parameters
    ----------
    prepared : the data set
    study : ``seed``, ``model``, ``training`` and ``computing`` of the study
    role : what the members are for: pretrained, oracle, datamodel
    forget_set : name of the forget set that an oracle leaves out, else empty
    members : numbers of the members
    subsets : (members, points) or (points,) indices that they train on
    snapshots : epochs to evaluate at, the last one included
    evaluations : where their margins go
    checkpoint : where an interrupted job has left its states
    measured : what the rule ``measure_strategies`` found, None where the study does not measure

    Returns
    -------
    weights : with a leading member axis
    record : seeds, seconds, device and versions, for the record beside the artifact
    """
    recipe = training.Recipe(**study["training"])
    seeds = member_seeds(study["seed"], role, forget_set, members)
    execution = execution_of(study, prepared.data, recipe.batch_size, measured)
    weights, seconds = training.train_ensemble(
        builder(study["model"], prepared),
        prepared.data,
        np.broadcast_to(subsets, (len(members), subsets.shape[-1])),
        seeds,
        recipe,
        execution=execution,
        snapshots=snapshots,
        evaluations=evaluations,
        checkpoint=checkpoint,
    )
    record = {
        "role": role,
        "members": list(members),
        "seeds": seeds,
        "epochs": list(snapshots),
        "seconds": seconds,
        **execution.report(),
        "resumed": checkpoint.resumed,
        **devices.report(prepared.data.images.device, len(members), seconds[-1]),
    }
    return weights, record


def random_subsets(
    study_seed: int, members: Sequence[int], n_train: int, fraction: float
) -> NDArray[np.int64]:
    """Return the sorted random subset of each datamodel member, (members, fraction * n_train)."""
    size = round(fraction * n_train)
    seeds = [member_seed(study_seed, "datamodel subset", "", member) for member in members]
    return np.stack(
        [np.sort(generator(seed).choice(n_train, size, replace=False)) for seed in seeds]
    )
