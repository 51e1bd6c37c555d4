"""How fast an ensemble trains as one network, against a plain loop over members.

    python -m bench.ensemble            a table for the small networks of the digits studies
    python -m bench.ensemble --sweep    members per stack, from which the rule is taken

All sides see the same members and the same batches. The plain loop is torch's own layers and
optimizer, one member after another: in one process that has two threads, and as two processes of
one thread. Ours is what the workflow does on two cores: two processes of one thread, each training
its members in stacks. They are measured in turn, so that a busy machine slows all; quote ratios.
"""

import argparse
import multiprocessing
import os
import platform
from statistics import median
from time import perf_counter

import torch
from torch.nn import functional

from unlearning.computing.batches import Data
from unlearning.computing.sgd import SGD
from unlearning.ensembles import training
from unlearning.networks import models, stacking
from unlearning.study.strategies import fixed

CASES = {
    "mlp 64-128-10, 8 x 8": ({"name": "mlp", "hidden": 128}, (1, 8, 8), 100, 40),
    "resnet9 / 8, 16 x 16": ({"name": "resnet9", "width": 0.125}, (1, 16, 16), 32, 4),
}
BATCH = 64
RATE = 0.01
OPTIMIZER = {"lr": RATE, "momentum": 0.9, "weight_decay": 5e-4}


def problem(case, members):
    """Return a way to build members, data, and each member's batch."""
    model, shape, _, _ = CASES[case]
    generator = torch.Generator().manual_seed(0)
    data = Data(
        torch.randn(1347, *shape, generator=generator),
        torch.randint(0, 10, (1347,), generator=generator),
    )
    batches = torch.randint(0, 1347, (members, BATCH), generator=generator)
    return (lambda seed: models.build(model, shape, 10, seed)), data, batches


def plain_loop(case, members, threads):
    """Train one member after another with torch's own layers."""
    torch.set_num_threads(threads)
    build, data, batches = problem(case, members.stop)
    networks = [build(member) for member in members]
    optimizers = [torch.optim.SGD(network.parameters(), **OPTIMIZER) for network in networks]

    def steps(count):
        for member, network, optimizer in zip(members, networks, optimizers, strict=True):
            for _ in range(count):
                images, labels = data.inputs[batches[member]], data.labels[batches[member]]
                loss = functional.cross_entropy(network(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return networks[0].state_dict()

    return steps


def stacks(case, members, size):
    """Train the members in stacks, on one thread."""
    torch.set_num_threads(1)
    build, data, batches = problem(case, members.stop)
    blocks = [
        range(start, min(start + size, members.stop))
        for start in range(members.start, members.stop, size)
    ]
    networks = [stacking.assemble(build, block) for block in blocks]
    optimizers = [SGD(network, RATE, momentum=0.9, weight_decay=5e-4) for network in networks]

    def steps(count):
        for block, network, optimizer in zip(blocks, networks, optimizers, strict=True):
            for _ in range(count):
                images, labels = data.gather(batches[block.start : block.stop])
                optimizer.step(training.cross_entropy(network(images), labels))
        return {name: value[0] for name, value in networks[0].state_dict().items()}

    return steps


def _work(make, arguments, count, ready, finished):
    steps = make(*arguments)
    steps(2)
    ready.wait()
    steps(count)
    finished.wait()


def seconds(make, jobs, count):
    """Return the time that jobs, each a process of its own, take side by side."""
    context = multiprocessing.get_context("spawn")
    ready, finished = context.Barrier(len(jobs) + 1), context.Barrier(len(jobs) + 1)
    workers = [
        context.Process(target=_work, args=(make, job, count, ready, finished)) for job in jobs
    ]
    for worker in workers:
        worker.start()
    ready.wait()
    started = perf_counter()
    finished.wait()
    elapsed = perf_counter() - started
    for worker in workers:
        worker.join()
    return elapsed


def halves(members):
    """Split the members over two jobs."""
    return range(0, members // 2), range(members // 2, members)


def difference(case, size):
    """Return the largest difference between both sides after one step of the first member."""
    alone = plain_loop(case, range(1), 1)(1)
    stacked = stacks(case, range(size), size)(1)
    return max((stacked[name] - alone[name]).abs().max().item() for name in stacked)


def compare(case, repeats):
    """Print the rate of each side and how much faster ours is than each loop."""
    model, shape, members, count = CASES[case]
    size = fixed(model["name"], shape[1], BATCH).members
    samples = members * BATCH * count
    runs = []
    for _ in range(repeats):
        one = seconds(plain_loop, [(case, range(members), 2)], count)
        two = seconds(plain_loop, [(case, half, 1) for half in halves(members)], count)
        ours = seconds(stacks, [(case, half, size) for half in halves(members)], count)
        runs.append((samples / one, samples / two, samples / ours, one / ours, two / ours))
    one, two, ours, *ratios = (median(column) for column in zip(*runs, strict=True))
    spreads = [
        f"({min(column):.1f}-{max(column):.1f})" for column in list(zip(*runs, strict=True))[3:]
    ]
    faster = "".join(
        f"{ratio:>8.1f} {spread:<12}" for ratio, spread in zip(ratios, spreads, strict=True)
    )
    print(
        f"{case:<22}{members:>8}{size:>9}{one:>12,.0f}{two:>12,.0f}{ours:>12,.0f}{faster}"
        f"{difference(case, size):>8.0e}"
    )


def sweep(case, repeats):
    """Print models x samples a second on one thread for several stack sizes."""
    _, _, members, count = CASES[case]
    for size in (1, 4, 8, 10, 16, 20, 25, 50):
        if size > members // 2:
            continue
        taken = [
            seconds(stacks, [(case, half, size) for half in halves(members)], count)
            for _ in range(repeats)
        ]
        print(f"{case:<24} {size:>4} a stack {members * BATCH * count / median(taken):>12,.0f} / s")


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sweep", action="store_true", help="try several stack sizes")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, batch {BATCH}")
    if options.sweep:
        for case in CASES:
            sweep(case, options.repeats)
        return
    print(
        f"{'models x samples / s':<22}{'members':>8}{'a stack':>9}{'1 process':>12}"
        f"{'2 processes':>12}{'ours':>12}{'ours / 1 process':>21}{'/ 2 processes':>21}"
        f"{'after a step':>14}"
    )
    for case in CASES:
        compare(case, options.repeats)


if __name__ == "__main__":
    main()
