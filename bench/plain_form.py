"""How much faster a method is that moves a stack of members than its plain form, one at a time.

    python -m bench.plain_form

Gradient ascent, and descent-ascent, on the digits' perceptron: ours in their stacked form, and the
same as a user writes them for one ordinary network and two data loaders. Both go through the
workflow's own way of unlearning a chunk, with the same members, batches and snapshots; what is
timed is what the records count, passes over the data without evaluation. They are measured in turn,
on one thread each, so that a busy machine slows both; quote ratios.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import torch

from unlearning.computing.batches import Data
from unlearning.computing.execution import Execution
from unlearning.ensembles import checkpoints, evaluations
from unlearning.methods import ga, gda
from unlearning.networks import models, stacking
from unlearning.study.strategies import fixed
from unlearning.trajectories import plain, snapshots
from unlearning.trajectories.learner import Conditions
from unlearning.trajectories.loading import load

PLAIN = """\
import torch
from torch.nn import functional


def unlearn(model, forget_loader, retain_loader, *, learning_rate, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for epoch in range(1, max(epochs) + 1):
        for loader, sign in ({passes}):
            for images, labels in loader:
                loss = sign * functional.cross_entropy(model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        if epoch in epochs:
            yield epoch
"""
ASCENT, DESCENT = "(forget_loader, -1),", "(retain_loader, 1)"
#: Stacked, its further arguments, the ascent epochs of its snapshot, the plain form's passes.
METHODS = {
    "ga": (ga, {}, None, ASCENT),
    "gda": (gda, {"forget_batch_size": 64, "ascent_epochs": [5]}, 5, ASCENT + DESCENT),
}
MODEL, SHAPE, POINTS, TRAIN, FORGET, BATCH, EPOCHS = (
    {"name": "mlp", "hidden": 128},
    (1, 8, 8),
    1797,
    1347,
    100,
    64,
    [5],
)


def problem(members):
    """Return the way to build a member, pretrained weights, data and the two sets."""

    def build(seed):
        return models.build(MODEL, SHAPE, 10, seed)

    generator = torch.Generator().manual_seed(0)
    data = Data(
        torch.randn(POINTS, *SHAPE, generator=generator),
        torch.randint(0, 10, (POINTS,), generator=generator),
    )
    weights = stacking.weights_of(stacking.assemble(build, range(members)))
    return build, weights, data, np.arange(FORGET), np.arange(FORGET, TRAIN)


def seconds(method, arguments, ascent, strategy, parts, members):
    """Return the seconds that members take, and their margins."""
    build, weights, data, forget, retain = parts
    kept = evaluations.in_memory(1, members, POINTS)
    spent, _ = snapshots.unlearn_ensemble(
        method,
        {"learning_rate": 0.01, "batch_size": BATCH, "epochs": EPOCHS, **arguments},
        build,
        weights,
        data,
        forget,
        retain,
        list(range(members)),
        snapshots=[(EPOCHS[0], ascent)],
        execution=Execution(strategy),
        conditions=Conditions(),
        evaluations=kept,
        checkpoint=checkpoints.none(),
    )
    return spent[0], kept.margins


def compare(name, members, repeats):
    """Print the time of both forms of a method, and how much faster the stacked one is."""
    stacked, further, ascent, passes = METHODS[name]
    parts = problem(members)
    strategy = fixed(MODEL["name"], SHAPE[1], BATCH)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"plain_{name}.py")
        file.write_text(PLAIN.format(passes=passes))
        numbers = {member: member for member in range(members)}
        single = plain.adapted(load(str(file)), parts[0], numbers, {})
    runs = []
    for repeat in range(repeats + 1):
        given = {"batch_norm": "train", **further}
        ours, margins = seconds(stacked.unlearn, given, ascent, strategy, parts, members)
        alone = strategy._replace(members=1)
        theirs, others = seconds(single, {}, None, alone, parts, members)
        if repeat:  # the first warms up
            runs.append((ours, theirs, theirs / ours))
    ours, theirs, ratio = (median(column) for column in zip(*runs, strict=True))
    ratios = [run[2] for run in runs]
    print(
        f"{name:<8}{members:>8}{strategy.members:>9}{theirs:>10.2f}{ours:>11.2f}{ratio:>8.1f} "
        f"({min(ratios):.1f}-{max(ratios):.1f}){np.abs(margins - others).max():>12.0e}"
    )


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=25)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"{'method':<8}{'members':>8}{'a stack':>9}{'plain, s':>10}{'stacked, s':>11}"
        f"{'times faster':>15}{'margins apart':>16}"
    )
    for name in METHODS:
        compare(name, options.members, options.repeats)


if __name__ == "__main__":
    main()
