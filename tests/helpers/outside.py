"""A user's method in a file, run from a small ensemble of perceptrons or ResNets."""

import sys
from types import SimpleNamespace

import numpy as np
import torch

from tests.helpers.code import forget
from tests.helpers.networks import small_ensemble, stacks_of
from unlearning.ensembles import checkpoints, evaluations
from unlearning.ensembles.chunk import Chunk
from unlearning.networks import stacking
from unlearning.trajectories import loading
from unlearning.trajectories.unlearned import unlearn_members

POINTS, TRAIN, MEMBERS = 40, 30, (0, 1, 2, 3)
FORGET = np.array([4, 7, 11, 20, 23, 29])


class Small(Chunk):
    """Members of a small ensemble, as a job has them."""

    def execution(self, batch_size):
        return stacks_of(len(self.members))

    def record(self, execution, seconds, **facts):
        return {"execution": execution, "seconds": seconds, **facts}


def chunk(name="mlp", dtype=torch.float32):
    build, data, _ = small_ensemble(name, points=POINTS, members=len(MEMBERS), dtype=dtype)
    prepared = SimpleNamespace(data=data, n_train=TRAIN, builder=lambda model: build)
    study = {"seed": 0, "model": name}
    return Small(prepared, study, "unlearned", "1", MEMBERS, checkpoints.none())


def weights_of(small):
    return stacking.weights_of(stacking.assemble(small.build, MEMBERS))


def run(method, epochs=(1, 3), *, small=None, weights=None, conditions=(), **arguments):
    """Unlearn, and return the record, margins and predictions."""
    small = small or chunk()
    kept = evaluations.in_memory(len(epochs), len(MEMBERS), POINTS)
    usual = {"momentum": 0.0, "weight_decay": 0.0, "order": "shuffled", "forget_limit": None}
    record = unlearn_members(
        small,
        method,
        {
            "arguments": {"batch_size": 4, "epochs": list(epochs), **arguments},
            "snapshots": [(epoch, None) for epoch in epochs],
            "conditions": usual | dict(conditions),
        },
        FORGET,
        weights or weights_of(small),
        kept,
    )
    return SimpleNamespace(margins=kept.margins, correct=kept.correct, **record)


def load(folder, text=None, **others):
    """Write a file, and others beside it, and load it; what Python then knows is forgotten."""
    files = {} if text is None else {"mine": text}
    for name, content in {**files, **others}.items():
        (folder / f"{name}.py").write_text(content)
    return load_all(folder)[0]


def load_all(*folders):
    """Load the method of each folder, one after another, as a job does."""
    path, modules, bytecode = list(sys.path), set(sys.modules), sys.dont_write_bytecode
    forget()
    try:
        return [loading.load(str(folder / "mine.py")) for folder in folders]
    finally:
        sys.path[:], sys.dont_write_bytecode = path, bytecode
        for name in set(sys.modules) - modules:
            del sys.modules[name]
