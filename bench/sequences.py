"""How fast members that predict tokens train as one network, against a plain loop over members.

    python -m bench.sequences           the transformer of studies/names.yaml, on one thread
    python -m bench.sequences --batch 16

Both sides see the same members, the same names and the same batches, and reach the same weights:
the largest difference after one step is printed. The plain loop is torch's own layers, loss and
optimizer, one member after another; both leave out what lies behind the longest name of a batch.
They are measured in turn, in one process of one thread, so that a busy machine slows both; quote
ratios.
"""

import argparse
import os
import platform
from statistics import median
from time import perf_counter

import torch
from torch.nn import functional

from unlearning.computing.batches import prepare_sequences
from unlearning.computing.sgd import SGD
from unlearning.datasets import names
from unlearning.datasets.sequences import lengths
from unlearning.ensembles import training
from unlearning.networks import models, stacking
from unlearning.study.strategies import fixed

MODEL = {"name": "transformer", "width": 32, "layers": 2, "heads": 2}
RATE, MOMENTUM, DECAY = 0.05, 0.9, 5e-4


def build(seed):
    """Return an untrained member."""
    return models.build(MODEL, names.SIZE, names.CLASSES, seed)


def plain_step(network, optimizer, data, batch):
    """Take a step of one member by torch's own means; a name is the mean of its letters."""
    tokens, labels = data.gather(batch)
    logits = network(tokens).transpose(1, 2)
    each = functional.cross_entropy(logits, labels, ignore_index=-1, reduction="none")
    loss = (each.sum(1) / (labels >= 0).sum(1)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8, help="names in a step of a member")
    parser.add_argument("--members", type=int, default=None, help="of a stack")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    members = options.members or fixed(MODEL["name"], names.SIZE[0], options.batch).members
    found = names.load(n_train=1600, n_validation=400, seed=0, folder=None)
    data = prepare_sequences(found.tokens, lengths(found.tokens), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    shape = (options.steps, members, options.batch)
    batches = torch.randint(0, found.n_train, shape, generator=generator)
    networks = [build(member) for member in range(members)]
    keywords = {"momentum": MOMENTUM, "weight_decay": DECAY}
    optimizers = [torch.optim.SGD(each.parameters(), lr=RATE, **keywords) for each in networks]
    stacked = stacking.assemble(build, range(members)).train()
    together = SGD(stacked, RATE, **keywords)

    def loop(steps):
        for member, (network, optimizer) in enumerate(zip(networks, optimizers, strict=True)):
            for batch in batches[:steps, member]:
                plain_step(network, optimizer, data, batch)

    def stack(steps):
        for batch in batches[:steps]:
            together.step(training.cross_entropy(*training.logits(stacked, data, batch, "float32")))

    sides, taken = (loop, stack), []
    for side in sides:
        side(1)
    rows = [dict(network.named_parameters()) for network in networks]
    difference = max(
        (value[member] - row[name]).abs().max().item()
        for name, value in stacked.named_parameters()
        for member, row in enumerate(rows)
    )
    for _ in range(options.repeats):
        times = []
        for side in sides:
            started = perf_counter()
            side(options.steps)
            times.append(perf_counter() - started)
        taken.append(times)
    one, ours = (median(times) for times in zip(*taken, strict=True))
    ratios = [first / second for first, second in taken]
    names_seen = members * options.steps * options.batch
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, one thread")
    print(
        f"{members} members, batch {options.batch}: a plain loop {names_seen / one:,.0f} names a "
        f"second, one stack {names_seen / ours:,.0f}; {median(ratios):.1f} times as fast "
        f"({min(ratios):.1f} to {max(ratios):.1f}), after a step {difference:.0e} apart"
    )


if __name__ == "__main__":
    main()
