"""Steps on an untrained network, to see whether and how fast a device takes them."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from unlearning.computing.batches import Data
from unlearning.computing.execution import Execution, fits
from unlearning.computing.precision import products_in
from unlearning.computing.sgd import SGD
from unlearning.computing.steps import Steps
from unlearning.ensembles.training import cross_entropy, logits


def step(
    execution: Execution,
    members: int,
    build: Callable[[int], nn.Module],
    data: Data,
    batch_size: int,
) -> Callable[[], None]:
    """Return what takes the next step of a stack of members that train as ``execution`` says.

    Parameters
    ----------
    execution : how the members are computed
    members : of the stack
    build : gives the untrained network of a seed, on the CPU
    data : points to train on
    batch_size : samples of one member in a step
    """
    device = data.inputs.device
    network = execution.stack(build(0), members).to(device, data.dtype).train()
    steps = Steps(SGD(network, 1e-3, momentum=0.9, weight_decay=5e-4), execution.recorder(device))
    forward = execution.called(network)
    batch = torch.arange(members * batch_size, device=device) % len(data.labels)
    batch = batch.view(members, batch_size)

    def loss(indices: Tensor) -> Tensor:
        return cross_entropy(*logits(forward, data, indices, execution.precision))

    return lambda: steps.take(loss, batch)


def compilation_error(
    execution: Execution, build: Callable[[int], nn.Module], data: Data, batch_size: int
) -> str:
    """Return in one line why a compiled network cannot be computed here, nothing where it can.

    A compiler that was there when strategies were measured need not be on every node. The step that
    is tried has the shapes of the job's, whose own are not compiled a second time.

    Parameters
    ----------
    execution, build, data, batch_size : as in `step`
    """
    plain = replace(execution, cuda_graphs=False)

    def run(stack: slice) -> None:
        step(plain, stack.stop, build, data, batch_size)()

    try:
        with products_in(execution.precision):
            fits(run, slice(0, execution.strategy.members))  # too little memory is no error of it
    except RuntimeError as error:  # torch.compile's errors are
        lines = [line.strip() for line in str(error).splitlines()]
        # "backend='inductor' raised:" comes before what it was.
        return next((line for line in lines if line and not line.endswith("raised:")), repr(error))
    return ""
