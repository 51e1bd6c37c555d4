"""What an unlearning method works with: an ensemble, its optimizer and its two sets of points."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from unlearning import ensemble, margins
from unlearning.batches import Data, ordered, split
from unlearning.devices import wait_for
from unlearning.sgd import SGD
from unlearning.training import cross_entropy

FORGET, RETAIN = 0, 1


class Learner:
    """A stacked ensemble of pretrained members on its way to forget.

    Parameters
    ----------
    network : stacked network of M pretrained members; trained in place
    data : all points of the data set, on the network's device
    forget : indices of the points to forget
    retain : indices of the training points to keep
    seeds : (M,) seeds of the members' batches
    shuffle : False walks through both sets in index order, as the published code does

    Attributes
    ----------
    seconds : time spent inside passes over the forget and retain sets so far
    sample_gradients : gradients of single points computed so far, by each member
    """

    def __init__(
        self,
        network: nn.Module,
        data: Data,
        forget: NDArray[np.int64],
        retain: NDArray[np.int64],
        seeds: Sequence[int],
        *,
        shuffle: bool = True,
    ) -> None:
        self.network, self.data, self.seeds, self.shuffle = network, data, list(seeds), shuffle
        self.points = {FORGET: forget, RETAIN: retain}
        self.seconds, self.sample_gradients = 0.0, 0
        self.optimizer = SGD(network)

    @property
    def members(self) -> int:
        """Number of members in the stack."""
        return len(self.seeds)

    def start(self, *, learning_rate: float, batch_norm: str) -> None:
        """Set the step size of plain SGD, without momentum or weight decay, and BatchNorm's mode.

        Parameters
        ----------
        learning_rate : step size; 0 moves nothing but BatchNorm statistics
        batch_norm : ``"train"`` normalises by the batch and updates the running statistics,
            ``"frozen"`` uses the pretrained statistics and leaves them alone
        """
        self.set_learning_rate(learning_rate)
        self.network.train()
        if batch_norm == "frozen":
            for layer in ensemble.batch_norms(self.network):
                layer.eval()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the step size from here on."""
        self.optimizer.learning_rate = learning_rate

    def forget_batches(self, batch_size: int, epoch: int) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over the forget set."""
        return self._pass(FORGET, batch_size, epoch)

    def retain_batches(self, batch_size: int, epoch: int) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over the retain set."""
        return self._pass(RETAIN, batch_size, epoch)

    def _pass(self, which: int, batch_size: int, epoch: int) -> Iterator[Tensor]:
        started = perf_counter()
        points = np.broadcast_to(self.points[which], (self.members, len(self.points[which])))
        order = ordered(points, self.seeds, epoch, which, shuffle=self.shuffle)
        yield from split(order.to(self.data.labels.device), batch_size)
        wait_for(self.data.labels.device)
        self.seconds += perf_counter() - started

    def logits(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Return the members' logits (M, batch, classes) on their batches, and the labels."""
        images, labels = self.data.gather(batch)
        self.sample_gradients += batch.shape[1]
        return self.network(images), labels

    def cross_entropy(self, batch: Tensor) -> Tensor:
        """Return the sum over members of the mean cross-entropy of each one's batch."""
        return cross_entropy(*self.logits(batch))

    def teacher_logits(self) -> Tensor:
        """Return the current network's logits (M, points, classes) in evaluation mode."""
        return margins.logits(self.network, self.data, self.members)

    def step(self, loss: Tensor) -> None:
        """Move every member down the gradient of its own part of a sum over members."""
        self.optimizer.step(loss)

    def fork(self) -> "Learner":
        """Return an independent learner in the same state, to go on another way from here."""
        twin = Learner(
            deepcopy(self.network),
            self.data,
            self.points[FORGET],
            self.points[RETAIN],
            self.seeds,
            shuffle=self.shuffle,
        )
        twin.seconds, twin.sample_gradients = self.seconds, self.sample_gradients
        twin.set_learning_rate(self.optimizer.learning_rate)
        return twin


class Snapshot(NamedTuple):
    """A trajectory at one epoch, yielded by an unlearning method."""

    learner: Learner
    epoch: int
    ascent_epochs: int | None = None
