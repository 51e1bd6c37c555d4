"""What an unlearning method works with: an ensemble, its optimizer and its two sets of points."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unlearning.computing.adam import Adam
from unlearning.computing.batches import Data, ordered, split
from unlearning.computing.devices import wait_for
from unlearning.computing.execution import Execution
from unlearning.computing.sgd import SGD
from unlearning.computing.steps import Loss, Steps
from unlearning.ensembles import margins, training
from unlearning.networks import stacking

#: The two sets, and what goes through both at once.
FORGET, RETAIN, MIXED = range(3)


@dataclass(frozen=True)
class Conditions:
    """How a run goes whatever its method.

    Attributes
    ----------
    momentum, weight_decay : of SGD, as `unlearning.computing.sgd.SGD` has them
    shuffle : False walks through both sets in index order, as the published code does
    """

    momentum: float = 0.0
    weight_decay: float = 0.0
    shuffle: bool = True


class Learner:
    """A stacked ensemble of pretrained members on its way to forget.

    Parameters
    ----------
    network : stacked network of M pretrained members; trained in place
    data : all points of the data set, on the network's device
    forget : indices of the points to forget, on the same device
    retain : indices of the training points to keep, on the same device
    seeds : (M,) seeds of the members' batches
    conditions : of the optimizer and the batches; plain SGD on shuffled ones where left out
    execution : precision of the members, and how their steps are taken

    Attributes
    ----------
    seconds : time spent inside passes over the forget and retain sets so far
    sample_gradients : points of the batches of these passes so far, for each member
    """

    def __init__(
        self,
        network: nn.Module,
        data: Data,
        forget: Tensor,
        retain: Tensor,
        seeds: Sequence[int],
        *,
        conditions: Conditions | None = None,
        execution: Execution | None = None,
    ) -> None:
        self.network, self.data, self.seeds = network, data, list(seeds)
        self.conditions = conditions or Conditions()
        self.points = {FORGET: forget, RETAIN: retain}
        self.execution = execution or Execution()
        self.seconds, self.sample_gradients = 0.0, 0
        self.optimizer: SGD = SGD(
            network,
            momentum=self.conditions.momentum,
            weight_decay=self.conditions.weight_decay,
        )
        self._forward = self.execution.called(network)
        self._steps = Steps(self.optimizer, self.execution.recorder(data.labels.device))

    @property
    def members(self) -> int:
        """Number of members in the stack."""
        return len(self.seeds)

    def start(self, *, learning_rate: float, batch_norm: str) -> None:
        """Set the step size and BatchNorm's mode.

        Parameters
        ----------
        learning_rate : step size; 0 moves nothing but BatchNorm statistics
        batch_norm : ``"train"`` normalises by the batch and updates the running statistics,
            ``"frozen"`` uses the pretrained statistics and leaves them alone
        """
        self.set_learning_rate(learning_rate)
        self.network.train()
        if batch_norm == "frozen":
            for layer in stacking.batch_norms(self.network):
                layer.eval()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the step size from here on."""
        self.optimizer.learning_rate = learning_rate

    def use_adam(self) -> None:
        """Take steps of Adam from here on; momentum is none of its conditions."""
        self.optimizer = Adam(
            self.network,
            self.optimizer.learning_rate,
            weight_decay=self.conditions.weight_decay,
        )
        self._steps = Steps(self.optimizer, self.execution.recorder(self.data.labels.device))

    def forget_batches(self, batch_size: int, epoch: int) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over the forget set."""
        return self._counted(split(self._order(FORGET, epoch), batch_size))

    def retain_batches(self, batch_size: int, epoch: int) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over the retain set."""
        return self._counted(split(self._order(RETAIN, epoch), batch_size))

    def mixed_batches(self, batch_size: int, epoch: int, share: float = 1.0) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over both sets, shuffled together.

        Of the retain set it may be a share: every member has points of its own, others in every
        epoch.
        """
        kept = round(share * len(self.points[RETAIN]))
        sets = [self._order(FORGET, epoch), self._order(RETAIN, epoch)[:, :kept]]
        order = self._shuffled(torch.cat(sets, 1), epoch, MIXED)
        return self._counted(split(order, batch_size))

    def _order(self, which: int, epoch: int) -> Tensor:
        return self._shuffled(self.points[which].expand(self.members, -1), epoch, which)

    def _shuffled(self, points: Tensor, *key: int) -> Tensor:
        return ordered(points, self.seeds, *key, shuffle=self.conditions.shuffle)

    def _counted(self, batches: Iterable[Tensor]) -> Iterator[Tensor]:
        wait_for(self.data.labels.device)  # margins of a snapshot may still be computed
        started = perf_counter()
        for batch in batches:
            self.sample_gradients += batch.shape[1]
            yield batch
        wait_for(self.data.labels.device)
        self.seconds += perf_counter() - started

    def logits(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Return the members' logits (M, batch, classes) on their batches, and the labels."""
        return training.logits(self._forward, self.data, batch, self.execution.precision)

    def cross_entropy(self, batch: Tensor) -> Tensor:
        """Return the sum over members of the mean cross-entropy of each one's batch."""
        return training.cross_entropy(*self.logits(batch))

    def negative_cross_entropy(self, batch: Tensor) -> Tensor:
        """Return what descends as the cross-entropy climbs."""
        return -self.cross_entropy(batch)

    def teacher_logits(self) -> Tensor:
        """Return the current network's logits (M, points, classes) in evaluation mode."""
        precision = self.execution.evaluation_precision
        return margins.logits(self.network, self.data, self.members, precision)

    def step(self, loss: Tensor) -> None:
        """Move every member down the gradient of its own part of a sum over members."""
        self.optimizer.step(loss)

    def minimise(self, loss: Loss, batches: Iterable[Tensor]) -> None:
        """Take a step down a loss on each batch: what `step` does, several times faster on a GPU.

        Parameters
        ----------
        loss : a sum over members, of a learner and a batch of indices. On a GPU its first calls are
            recorded and then repeated, so it must not depend on anything that changes but the
            learner and the batch; a method defines it once, not once an epoch
        batches : of one pass
        """
        for batch in batches:
            self._steps.take(loss, batch, self)

    def fork(self) -> "Learner":
        """Return an independent learner in the same state, to go on another way from here."""
        twin = Learner(
            deepcopy(self.network),
            self.data,
            self.points[FORGET],
            self.points[RETAIN],
            self.seeds,
            conditions=self.conditions,
            execution=self.execution,
        )
        if isinstance(self.optimizer, Adam):
            twin.use_adam()
        twin.optimizer.resume(self.optimizer.running())
        twin.seconds, twin.sample_gradients = self.seconds, self.sample_gradients
        twin.set_learning_rate(self.optimizer.learning_rate)
        return twin


class Snapshot(NamedTuple):
    """A trajectory at one epoch, yielded by an unlearning method.

    Attributes
    ----------
    learner : in the state that is to be evaluated
    epoch, ascent_epochs : which of the snapshots that were asked for this is
    shift : (points,) added to every member's logit of each point's own class, and so to its margin;
        for methods that change what a model says and not its weights. A point counts as predicted
        right where its class then has the largest logit. None where nothing is added
    """

    learner: Learner
    epoch: int
    ascent_epochs: int | None = None
    shift: Tensor | None = None
