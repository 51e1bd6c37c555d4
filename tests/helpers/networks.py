"""Small ensembles to train: a network of each architecture, with data that fit it."""

from types import SimpleNamespace

import numpy as np
import torch

from unlearning.computing import batches
from unlearning.computing.execution import Execution
from unlearning.ensembles import evaluations, training
from unlearning.networks import models
from unlearning.study.strategies import Strategy
from unlearning.trajectories import snapshots
from unlearning.trajectories.learner import Conditions

NETWORKS = {
    "mlp": ({"name": "mlp", "hidden": 12}, (1, 4, 4)),
    "resnet9": ({"name": "resnet9", "width": 0.04}, (2, 12, 12)),
}
#: Networks of tokens, and their context; there are as many tokens as images have classes.
OF_TOKENS = {
    "transformer": ({"name": "transformer", "width": 8, "layers": 2, "heads": 2}, (7,)),
    "ngram": ({"name": "ngram", "size": 3, "width": 4, "hidden": 6}, (7,)),
}
#: Of one channel, the images are read as they come: what a stream of a GPU may still be doing.
ON_GPU = NETWORKS | {"grey resnet9": ({"name": "resnet9", "width": 0.04}, (1, 12, 12))}


#: Hyperparameters of descent/ascent on them.
GDA = {"learning_rate": 0.05, "batch_size": 8, "forget_batch_size": 4, "batch_norm": "train"}


def small_ensemble(name, *, points, members, dtype=torch.float32):
    """Return a network, data, and the points that each member sees: all but three."""
    model, shape = (ON_GPU | OF_TOKENS)[name]
    rng = np.random.default_rng(0)
    if name in OF_TOKENS:
        lengths = rng.integers(2, shape[0] + 1, points)
        tokens = rng.integers(1, 3, (points, *shape), dtype=np.uint8)
        tokens[np.arange(shape[0]) >= lengths[:, None]] = 0
        tokens[:, 0] = 0
        data = batches.prepare_sequences(tokens, lengths, torch.device("cpu"), dtype)
        seen = [np.sort(rng.choice(points, points - 3, replace=False)) for _ in range(members)]
        return lambda seed: models.build(model, shape, 3, seed), data, np.stack(seen)
    images = rng.integers(0, 256, (points, *shape[1:], shape[0]), dtype=np.uint8)
    labels = rng.integers(0, 3, points)
    mean, std = [0.5] * shape[0], [0.3] * shape[0]
    data = batches.prepare(images, labels, mean, std, torch.device("cpu"), dtype)
    seen = [np.sort(rng.choice(points, points - 3, replace=False)) for _ in range(members)]
    return lambda seed: models.build(model, shape, 3, seed), data, np.stack(seen)


def stacks_of(size, layout="grouped", **options):
    """Return the execution of stacks of so many members."""
    return Execution(Strategy(layout, size), **options)


def trained(build, data, subsets, seeds, recipe, *, snapshots, **options):
    """Train an ensemble, and return weights, seconds, margins and predictions."""
    kept = evaluations.in_memory(len(snapshots), len(seeds), data.predictions)
    weights, seconds = training.train_ensemble(
        build, data, subsets, seeds, recipe, snapshots=snapshots, evaluations=kept, **options
    )
    return SimpleNamespace(
        weights=weights, seconds=seconds, margins=kept.margins, correct=kept.correct
    )


def unlearned(method, hyperparameters, build, weights, data, forget, retain, seeds, **options):
    """Unlearn, and return seconds, sample gradients, margins and predictions."""
    kept = evaluations.in_memory(len(options["snapshots"]), len(seeds), data.predictions)
    seconds, sample_gradients = snapshots.unlearn_ensemble(
        method,
        hyperparameters,
        build,
        weights,
        data,
        forget,
        retain,
        seeds,
        evaluations=kept,
        **{"conditions": Conditions(), **options},
    )
    return SimpleNamespace(
        seconds=seconds,
        sample_gradients=sample_gradients,
        margins=kept.margins,
        correct=kept.correct,
    )
