"""Seconds of one sample gradient: the rates that `unlearning.planning.costs` plans with.

    python -m bench.gradients

One thread on the processor, and the GPU where there is one. What the processor spends is counted,
not what the clock shows: neighbours do not matter.
"""

from time import perf_counter, process_time

import torch

from unlearning.computing.batches import Data
from unlearning.computing.devices import wait_for
from unlearning.computing.execution import Execution
from unlearning.computing.sgd import SGD
from unlearning.ensembles import training
from unlearning.networks import models, stacking
from unlearning.planning.costs import GRADIENT_OPERATIONS
from unlearning.planning.network_size import network_size

# model, image shape, batch, members in a stack, steps
CASES = [
    ({"name": "mlp", "hidden": 128}, (1, 8, 8), 100, 25, 80),
    ({"name": "resnet9", "width": 0.125}, (1, 16, 16), 50, 4, 20),
    ({"name": "resnet9", "width": 1.0}, (3, 32, 32), 64, 1, 4),
]


def measure(model, shape, batch, members, steps, device):
    """Return the seconds of one sample gradient of one member."""
    points = batch * steps
    generator = torch.Generator().manual_seed(0)
    data = Data(
        torch.randn(points, *shape, generator=generator).to(device),
        torch.randint(0, 10, (points,), generator=generator).to(device),
    )
    network = stacking.assemble(lambda seed: models.build(model, shape, 10, seed), range(members))
    network.to(device)
    recipe = training.Recipe(2, batch, 0.01, 1, 0.9, 5e-4)
    optimizer = SGD(network, momentum=0.9, weight_decay=5e-4)
    subsets = torch.arange(points, device=device).expand(members, -1)
    clock = perf_counter if device.type == "cuda" else process_time
    taken = []
    seeds = list(range(members))
    for _ in training.train(network, data, subsets, seeds, recipe, optimizer, Execution()):
        wait_for(device)
        taken.append(clock())
    return (taken[1] - taken[0]) / (points * members)  # the first epoch warms up


def main():
    """Print a line a case and device."""
    torch.set_num_threads(1)
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    for device in map(torch.device, devices):
        name = torch.cuda.get_device_name() if device.type == "cuda" else "one thread"
        for model, shape, batch, members, steps in CASES:
            seconds = measure(model, shape, batch, members, steps, device)
            work = GRADIENT_OPERATIONS * network_size(model, shape, 10).products
            print(
                f"{device.type} ({name})  {model['name']:8} {shape[1]:2} pixels, "
                f"batch {batch:3} x {members:2}: {seconds * 1e6:9.2f} us a gradient, "
                f"{work / seconds / 1e9:7.1f} GFLOP/s"
            )


if __name__ == "__main__":
    main()
