"""How fast members train and unlearn on a GPU: `make bench-gpu`.

    python -m bench.gpu [--minutes 7.5] [--csv FILE]
    python -m bench.gpu --smoke    tiny networks, on a processor too: only to see that it runs

One device, one run, the same random data for all sides. Every rate is of samples of all members
together, in steps that are timed after the first ones. What would run over the minutes is left out,
and the output says so.
"""

import argparse
import csv
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch

from bench import gpu_tables, plain
from unlearning.computing import batches, devices
from unlearning.computing.execution import Execution
from unlearning.computing.precision import PRECISIONS, products_in
from unlearning.computing.sgd import SGD
from unlearning.ensembles import margins, training
from unlearning.ensembles.measurement import Effort, measure, pace
from unlearning.methods import gda, scrub
from unlearning.networks import models, stacking
from unlearning.planning.costs import GRADIENT_OPERATIONS
from unlearning.planning.network_size import network_size
from unlearning.study import strategies
from unlearning.trajectories.learner import Learner

COMPUTING = {"precision": "bfloat16", "cuda_graphs": True}
UNLEARNING = {"learning_rate": 1e-3, "forget_batch_size": 64, "batch_norm": "train"}
SCRUB = {"alpha": 0.1, "gamma": 0.99, "temperature": 4.0, "decay_rate": 0.1, "decay_epochs": [9]}
METHODS = {"descent": (gda.unlearn, {}), "scrub": (scrub.unlearn, SCRUB)}
FORGET = 32  # points, so that a run has an ascent pass too
#: What is measured at which size of batch: the paper's, and that of the published code.
BATCHES = {"training": 512, "descent": 64, "scrub": 64, "evaluation": 512}
PUBLISHED_BATCH, LARGE_BATCH = 256, 256


@dataclass(frozen=True)
class Case:
    """A network and random data that fit it."""

    title: str
    model: dict[str, Any]
    shape: tuple[int, int, int]
    classes: int
    data: batches.Data

    def build(self, seed):
        """Return the untrained network of a seed."""
        return models.build(self.model, self.shape, self.classes, seed)


def case(title, model, shape, classes, points, device):
    """Return a case with random bytes for images."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (points, *shape[1:], shape[0]), dtype=np.uint8)
    labels = rng.integers(0, classes, points)
    data = batches.prepare(images, labels, [0.5] * shape[0], [0.25] * shape[0], device)
    return Case(title, model, shape, classes, data)


class Measurements:
    """Rates, in the order in which they were found, until time is up.

    Parameters
    ----------
    minutes : after which nothing further is measured
    seconds : that each rate is timed for
    """

    def __init__(self, minutes: float, seconds: float) -> None:
        self.started, self.limit, self.seconds = perf_counter(), 60 * minutes, seconds
        self.rows: list[dict[str, Any]] = []
        self.left_out: list[str] = []

    @property
    def left(self):
        """Seconds until time is up."""
        return self.limit - (perf_counter() - self.started)

    def add(self, case, batch_size, objective, way, found):
        """Keep a rate; None stands for a lack of memory."""
        products = network_size(case.model, case.shape, case.classes).products
        operations = None if found is None else found * GRADIENT_OPERATIONS * products
        self.rows.append(
            {
                "network": case.title,
                "batch_size": batch_size,
                "objective": objective,
                "way": way,
                "samples_per_second": found,
                "operations_per_second": operations,
            }
        )
        speed = "no room" if found is None else f"{found:,.0f} samples a second"
        what = f"{case.title}, batch {batch_size}, {objective}, {way}"
        print(f"{self.left:5.0f} s left  {what}: {speed}", flush=True)

    def take(self, case, batch_size, objective, way, function):
        """Measure one rate if there is time."""
        if self.left < 5:
            self.left_out.append(f"{case.title}, batch {batch_size}, {objective}, {way}")
            return
        self.add(case, batch_size, objective, way, function())
        torch.cuda.empty_cache()

    def rate(self, network, batch_size, objective, way=None):
        """Return a rate that was found, None without one.

        Parameters
        ----------
        network, batch_size, objective : what was measured
        way : how; None is ours, and of its precisions for margins TF32, as the studies have it
        """
        ours = "ours, tf32" if objective == "evaluation" else None
        for row in self.rows:
            key = (row["network"], row["batch_size"], row["objective"])
            wanted = row["way"] == (way or ours) or not (way or ours or "plain" in row["way"])
            if key == (network, batch_size, objective) and wanted:
                return row["samples_per_second"]
        return None


def peak(device, size, precision):
    """Return the operations a second of a large matrix product."""
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.mm(left, right)
    rate = pace(lambda: torch.mm(left, right), device, 0.5)
    torch.set_float32_matmul_precision("highest")
    return 2 * size**3 * rate


def trained(case, execution, batch_size):
    """Return the samples a second of whole epochs of training, the order of points included."""
    data, members = case.data, execution.strategy.members
    device, points = data.labels.device, len(data.labels)
    network = execution.stack(case.build(0), members).to(device)
    subsets = torch.arange(points, device=device).expand(members, -1)
    recipe = training.Recipe(3, batch_size, 0.01, 1, 0.9, 5e-4)
    optimizer = SGD(network, momentum=0.9, weight_decay=5e-4)
    run = training.train(network, data, subsets, range(members), recipe, optimizer, execution)
    times = []
    with products_in(execution.precision):
        for _ in run:
            devices.wait_for(device)
            times.append(perf_counter())
    return 2 * members * points / (times[2] - times[0])


def unlearned(case, execution, batch_size, objective):
    """Return the samples a second of a method's passes over the retain set."""
    method, further = METHODS[objective]
    data, members = case.data, execution.strategy.members
    device, points = data.labels.device, len(data.labels)
    network = execution.stack(case.build(0), members).to(device)
    forget, retain = torch.arange(points, device=device).split([FORGET, points - FORGET])
    learner = Learner(network, data, forget, retain, range(members), execution=execution)
    keywords = UNLEARNING | further | {"batch_size": batch_size}
    with products_in(execution.precision):
        found = [
            (snapshot.learner.seconds, snapshot.learner.sample_gradients)
            for snapshot in method(learner, **keywords, epochs=[1, 3], ascent_epochs=[1])
        ]
    (first, before), (last, after) = found
    return members * (after - before) / (last - first)


def measure_case(case, batch_size, objectives, found, members, share):
    """Measure plain loops and ours at one size of batch.

    Parameters
    ----------
    case : network and data
    batch_size : samples of one member in a step
    objectives : ``"training"``, or ``"descent"`` and ``"scrub"``
    found : where the rates go
    members : that a stack may have
    share : of the time that is left, for trying strategies

    Returns
    -------
    Execution
        The fastest.
    """
    for way in plain.WAYS:
        for objective in objectives:
            run = partial(plain.rate, case, batch_size, way, found.seconds, objective)
            found.take(case, batch_size, objective, plain.named(way), run)
    effort = Effort(found.seconds, share * found.left)
    tried = measure(case.build, case.data, batch_size, members, COMPUTING, effort)
    for entry in tried:
        strategy = strategies.Strategy(entry["layout"], entry["members"], entry["compiled"])
        found.add(case, batch_size, "steps alone", str(strategy), entry["samples_per_second"])
    execution = Execution(strategies.fastest(tried, batch_size), COMPUTING["precision"])
    for objective in objectives:
        run = partial(unlearned, objective=objective) if objective in METHODS else trained
        way = str(execution.strategy)
        found.take(case, batch_size, objective, way, partial(run, case, execution, batch_size))
    return execution


def measure_margins(case, batch_size, found, members):
    """Measure margins in each precision, and print how far they are from those in float32."""
    device, exact = case.data.labels.device, None
    run = partial(plain.rate, case, batch_size, "float32", found.seconds, "evaluation")
    found.take(case, batch_size, "evaluation", plain.named("float32"), run)
    network = stacking.stack(case.build(0), members).to(device)
    for precision in PRECISIONS:
        take = partial(margins.evaluate, network, case.data, members, precision)
        values, _ = take()
        rate = members * len(case.data.labels) * pace(take, device, found.seconds)
        found.add(case, batch_size, "evaluation", f"ours, {precision}", rate)
        exact = values if exact is None else exact
        apart = (values - exact).abs()
        print(f"margins in {precision}: {apart.mean():.1e} from float32, {apart.max():.1e} at most")


def cases(device, smoke):
    """Return the two networks with their data."""
    if smoke:
        return (
            case("ResNet-9", {"name": "resnet9", "width": 0.05}, (3, 12, 12), 10, 80, device),
            case("ResNet-18", {"name": "resnet18", "width": 0.05}, (3, 32, 32), 17, 40, device),
        )
    return (
        case("ResNet-9", {"name": "resnet9", "width": 1.0}, (3, 32, 32), 10, 25_600, device),
        case("ResNet-18", {"name": "resnet18", "width": 1.0}, (3, 224, 224), 17, 2_560, device),
    )


def main(arguments=None):
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=7.5)
    parser.add_argument("--csv", help="where to write the rates as well")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args(arguments)
    device = devices.choose("auto" if options.smoke else "cuda")
    facts = devices.describe(device)
    print(
        f"{facts['device_name']}, torch {facts['torch']}, CUDA {torch.version.cuda}, "
        f"cuDNN {torch.backends.cudnn.version()}, Python {facts['python']}"
    )
    if options.smoke:
        print("SMOKE: tiny networks; none of these numbers means anything")
    found = Measurements(options.minutes, 0.01 if options.smoke else 0.4)
    peaks = {way: peak(device, 64 if options.smoke else 8192, way) for way in PRECISIONS}
    for way, value in peaks.items():
        print(f"matrix products in {way}: {value / 1e12:.4g} TFLOP/s")
    sizes = {what: 40 if size > 64 else 16 for what, size in BATCHES.items()}
    sizes = sizes if options.smoke else BATCHES
    further = (20, 20) if options.smoke else (PUBLISHED_BATCH, LARGE_BATCH)
    resnet9, resnet18 = cases(device, options.smoke)
    members = 2 if options.smoke else 16
    measure_case(resnet9, sizes["descent"], list(METHODS), found, members, 0.25)
    fastest = measure_case(resnet9, sizes["training"], ["training"], found, members, 0.25)
    measure_margins(resnet9, sizes["evaluation"], found, members)
    measure_case(resnet18, further[1], ["training"], found, min(members, 2), 0.4)
    measure_case(resnet9, further[0], ["training"], found, members, 0.4)
    devices.choose(device.type, deterministic=True)
    run = partial(trained, resnet9, fastest, sizes["training"])
    found.take(resnet9, sizes["training"], "training", f"{fastest.strategy}, deterministic", run)
    gpu_tables.print_rates(found, peaks["bfloat16"])
    gpu_tables.print_study(found, resnet9.title, sizes)
    gpu_tables.print_epoch(found, resnet18.title, further[1])
    for what in found.left_out:
        print(f"not measured, time was up: {what}")
    if options.csv:
        with open(options.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, list(found.rows[0]))
            writer.writeheader()
            writer.writerows(found.rows)


if __name__ == "__main__":
    main()
