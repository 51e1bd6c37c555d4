"""Steps of the optimizer, one after another; on a GPU as recorded CUDA graphs.

A step of a small network is some two hundred short kernels, which take a processor longer to start
than a GPU to run. A CUDA graph is recorded once and started as a whole.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor

from unlearning.computing.sgd import SGD

#: Steps of a shape of batch that are taken one kernel after another before one is recorded:
#: libraries choose algorithms and memory settles in them. They count as steps.
FIRST_STEPS = 3

Loss = Callable[..., Tensor]
Batch = Tensor | tuple[Tensor, ...]  # indices, or a named tuple of those of several sets


class Recorder(Protocol):
    """Records what a function asks of a device, to ask for it again."""

    def aside(self) -> AbstractContextManager[object]:
        """Return the context in which a function is called that is recorded later."""

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        """Call a function without running its kernels, and return what runs them."""


class CudaGraphs:
    """The recorder of a GPU."""

    def __init__(self, device: torch.device) -> None:
        self.stream = torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()

    def aside(self) -> "_Aside":
        """Return a context that runs its block on the stream that is recorded from."""
        return _Aside(self.stream)

    def record(self, function: Callable[[], None]) -> Callable[[], None]:
        """Record a function of no host synchronisation whose tensors stay where they are."""
        graph = torch.cuda.CUDAGraph()
        # Only this thread is recorded: another one may be bringing margins to the disk.
        with torch.cuda.graph(
            graph, pool=self.pool, stream=self.stream, capture_error_mode="thread_local"
        ):
            function()
        replay: Callable[[], None] = graph.replay
        return replay


class _Aside:
    def __init__(self, stream: torch.cuda.Stream) -> None:
        self.stream, self.context = stream, torch.cuda.stream(stream)

    def __enter__(self) -> None:
        self.stream.wait_stream(torch.cuda.current_stream(self.stream.device))
        self.context.__enter__()

    def __exit__(self, *error: object) -> None:
        self.context.__exit__(*error)
        torch.cuda.current_stream(self.stream.device).wait_stream(self.stream)


def recorder_for(device: torch.device, cuda_graphs: bool) -> Recorder | None:
    """Return what records the steps of a device, None to take each as it comes."""
    return CudaGraphs(device) if cuda_graphs and device.type == "cuda" else None


class Steps:
    """Steps of one optimizer.

    Parameters
    ----------
    optimizer : of the weights that the losses depend on
    recorder : None takes each step as it comes
    """

    def __init__(self, optimizer: SGD, recorder: Recorder | None = None) -> None:
        self.optimizer, self.recorder = optimizer, recorder
        self._taken: Counter[Hashable] = Counter()
        self._recorded: dict[Hashable, tuple[Batch, Callable[[], None]]] = {}

    def take(self, loss: Loss, batch: Batch, *context: Any) -> None:
        """Take a step down a loss on a batch.

        Parameters
        ----------
        loss : a sum over members, called with the context and the batch. With a recorder it is
            called a few times for each shape of batch and then no more, so it must not depend on
            anything that changes but weights, statistics and the batch
        batch : (members, batch) indices, or a named tuple of such
        context : what the loss takes before the batch; the same in every call with this loss
        """
        # The loss is a key and its context is not kept: a learner that is its own loss's context
        # would otherwise hold on to itself, and to its memory of the GPU.
        key = (loss, tuple(part.shape for part in tensors(batch)))
        if self.recorder is None:
            self.optimizer.step(loss(*context, batch))
        elif key in self._recorded:
            indices, replay = self._recorded[key]
            for kept, part in zip(tensors(indices), tensors(batch), strict=True):
                kept.copy_(part)
            replay()
        elif self._taken[key] < FIRST_STEPS:
            self._taken[key] += 1
            with self.recorder.aside():
                self.optimizer.step(loss(*context, batch))
        else:
            indices = _copied(batch)
            replay = self.recorder.record(lambda: self.optimizer.step(loss(*context, indices)))
            self._recorded[key] = indices, replay
            replay()


def tensors(batch: Batch) -> tuple[Tensor, ...]:
    """Return the indices of a batch, set by set."""
    return (batch,) if isinstance(batch, Tensor) else tuple(batch)


def _copied(batch: Batch) -> Batch:
    """Return a batch of the same form whose indices stay where they are."""
    if isinstance(batch, Tensor):
        return batch.clone()
    named: Callable[..., Batch] = type(batch)
    return named(*(part.clone() for part in batch))
