"""Margins and predictions of a chunk of members, kept while the next ones are computed."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor

from unlearning.artifacts.files import created_array

Array = NDArray[Any]


class Evaluations:
    """Arrays that are filled stack by stack and snapshot by snapshot.

    What is put here is copied, converted and written by a thread of its own, while the device goes
    on.

    Parameters
    ----------
    margins : (snapshots, members, points) floating; float16 cuts finite margins to +-65,504
    correct : (snapshots, members, ceil(points / 8)) uint8, eight predictions a byte
    """

    def __init__(self, margins: Array, correct: Array) -> None:
        self.margins, self.correct = margins, correct
        self._thread = ThreadPoolExecutor(1)
        self._pending: list[Future[None]] = []

    def put(self, snapshot: int, stack: slice, margins: Tensor, correct: Tensor) -> None:
        """Keep what a stack of members has at a snapshot, both (members, points).

        The tensors are the caller's no more: they must not be changed afterwards.
        """
        found = _on_host(margins), _on_host(correct)

        def write() -> None:
            values, right = (fetch() for fetch in found)
            self.margins[snapshot, stack] = stored(values, self.margins.dtype)
            self.correct[snapshot, stack] = np.packbits(right, axis=-1)

        self._pending.append(self._thread.submit(write))

    def finish(self) -> None:
        """Wait until everything is in the arrays."""
        pending, self._pending = self._pending, []
        for written in pending:
            written.result()

    def state(self, stack: slice) -> dict[str, Tensor]:
        """Return a copy of what has been put for a stack, for `restore`."""
        self.finish()
        arrays = {"margins": self.margins, "correct": self.correct}
        return {name: torch.from_numpy(array[:, stack].copy()) for name, array in arrays.items()}

    def restore(self, stack: slice, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` returned; entries of other names are left alone."""
        self.margins[:, stack] = state["margins"].numpy()
        self.correct[:, stack] = state["correct"].numpy()


def _on_host(values: Tensor) -> Callable[[], Array]:
    """Start to copy a tensor to the processor; return what waits for it."""
    if values.device.type != "cuda":
        return values.numpy
    copy = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    copy.copy_(values, non_blocking=True)
    copied = torch.cuda.Event()
    copied.record()

    def fetch() -> Array:
        copied.synchronize()
        array: Array = copy.numpy()
        return array

    return fetch


def stored(margins: NDArray[np.float32], dtype: DTypeLike) -> Array:
    """Return margins in the type that they are kept in.

    Parameters
    ----------
    margins : any shape
    dtype : float32, or float16: three digits, finite margins cut to +-65,504
    """
    if np.dtype(dtype) == np.float32:
        return margins
    largest = np.finfo(np.dtype(dtype)).max
    cut = np.where(np.isfinite(margins), np.clip(margins, -largest, largest), margins)
    return cut.astype(dtype)


def _shapes(snapshots: int, members: int, points: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (snapshots, members, points), (snapshots, members, -(-points // 8))


def in_memory(snapshots: int, members: int, points: int) -> Evaluations:
    """Return evaluations that are kept in memory, in float32."""
    margins, correct = _shapes(snapshots, members, points)
    return Evaluations(np.zeros(margins, np.float32), np.zeros(correct, np.uint8))


@contextmanager
def on_disk(
    margins: str,
    correct: str,
    shape: tuple[int, int, int],
    *,
    dtype: DTypeLike = np.float32,
    single: bool = False,
) -> Iterator[Evaluations]:
    """Give evaluations that go to two files, which are there when the block has ended well.

    Parameters
    ----------
    margins, correct : the files
    shape : snapshots, members, points
    dtype : of the margins
    single : the files have no axis of snapshots, of which there is one
    """
    axes = [wanted[1:] if single else wanted for wanted in _shapes(*shape)]
    with (
        created_array(margins, axes[0], dtype) as all_margins,
        created_array(correct, axes[1], np.uint8) as all_correct,
    ):
        arrays = (all_margins[None], all_correct[None]) if single else (all_margins, all_correct)
        evaluations = Evaluations(*arrays)
        yield evaluations
        evaluations.finish()
