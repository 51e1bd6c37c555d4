"""A plain PyTorch loop, to measure against: torch's own layers and optimizer, one member."""

import torch
from torch.nn import functional

from unlearning.computing.precision import features_in, products_in
from unlearning.ensembles.measurement import pace
from unlearning.networks import models

#: What is measured against: float32 as it is, as torch multiplies it by default, and what a careful
#: person would write.
WAYS = ("float32", "tf32", "bfloat16")


def named(way):
    """Return what the tables call a plain loop."""
    return {"bfloat16": "plain loop, bfloat16, channels last"}.get(way, f"plain loop, {way}")


def rate(case, batch_size, way, seconds, objective="descent"):
    """Return the samples a second of a loop.

    Parameters
    ----------
    case : of `bench.gpu`
    batch_size : samples in a step
    way : one of `WAYS`
    seconds : to time steps for
    objective : ``"training"`` with momentum and weight decay; ``"descent"``; ``"scrub"``, descent
        that asks its teacher at every step; ``"evaluation"``, forward only
    """
    device, order = case.data.inputs.device, torch.channels_last
    network = models.build(case.model, case.shape, case.classes, 0).to(device)
    teacher = models.build(case.model, case.shape, case.classes, 1).to(device).eval()
    if way == "bfloat16":
        network, teacher = (each.to(memory_format=order) for each in (network, teacher))
    momentum = {"momentum": 0.9, "weight_decay": 5e-4} if objective == "training" else {}
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, **momentum)
    points = len(case.data.labels)
    normalised = torch.cat(list(case.data.in_order(512)))
    shuffled = torch.randperm(points, device=device)
    batches = iter(())

    def images_and_labels():
        nonlocal batches
        batch = next(batches, None)
        while batch is None or len(batch) < batch_size:
            batches = iter(shuffled.split(batch_size))
            batch = next(batches)
        return normalised[batch], case.data.labels[batch]

    def step():
        images, labels = images_and_labels()
        with features_in(way, device):
            logits = network(images).float()
        loss = functional.cross_entropy(logits, labels)
        if objective == "scrub":
            with torch.no_grad(), features_in(way, device):
                taught = teacher(images).float()
            student, taught = (functional.log_softmax(each / 4, 1) for each in (logits, taught))
            far = functional.kl_div(student, taught, reduction="batchmean", log_target=True)
            loss = 0.99 * loss + 0.1 * 16 * far
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def evaluate():
        images, _ = images_and_labels()
        with torch.no_grad(), features_in(way, device):
            network(images)

    take = evaluate if objective == "evaluation" else step
    network.train(objective != "evaluation")
    with products_in(way):
        for _ in range(3):
            take()
        return batch_size * pace(take, device, seconds)
