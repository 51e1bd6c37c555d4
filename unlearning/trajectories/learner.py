"""What an unlearning method works with: an ensemble, its optimizer and its two sets of points."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from unlearning.computing.adam import Adam
from unlearning.computing.batches import Data, normals, numbers
from unlearning.computing.devices import wait_for
from unlearning.computing.execution import Execution
from unlearning.computing.sgd import SGD
from unlearning.computing.steps import Batch, Loss, Steps, tensors
from unlearning.ensembles import margins, training
from unlearning.networks import stacking
from unlearning.trajectories.passes import FORGET, RETAIN, Joint, Passes

#: What a member has random numbers for beside the orders of `unlearning.trajectories.passes`.
LABELS, NOISE = 3, 4

AnyBatch = TypeVar("AnyBatch", Tensor, Joint)


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
    build : gives an untrained network of the members' architecture; for methods that ask for one

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
        build: Callable[[int], nn.Module] | None = None,
    ) -> None:
        self.build = build
        self.network, self.data, self.seeds = network, data, list(seeds)
        self.conditions = conditions or Conditions()
        self.points = {FORGET: forget, RETAIN: retain}
        self._passes = Passes(self.points, self.seeds, self.conditions.shuffle)
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
        return self._counted(self._passes.over(FORGET, batch_size, epoch))

    def retain_batches(self, batch_size: int, epoch: int, share: float = 1.0) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over the retain set, or a share of it.

        Of a share, every member has points of its own, others in every epoch.
        """
        return self._counted(self._passes.over(RETAIN, batch_size, epoch, share=share))

    def mixed_batches(self, batch_size: int, epoch: int, share: float = 1.0) -> Iterator[Tensor]:
        """Yield the batches (M, <= batch_size) of one pass over both sets, shuffled together.

        Of the retain set it may be a share, as in `retain_batches`.
        """
        return self._counted(self._passes.mixed(batch_size, epoch, share))

    def joint_batches(
        self, forget_batch_size: int, batch_size: int, epoch: int, *, over: int = RETAIN
    ) -> Iterator[Joint]:
        """Yield a batch of each set for every step of one pass over one of them.

        Batches of the other set start again, in another order, where they end before that.

        Parameters
        ----------
        forget_batch_size, batch_size : points of the forget and of the retain set in a step
        epoch : number of the pass
        over : `FORGET` or `RETAIN`: the set that is gone through once
        """
        return self._counted(self._passes.joint((forget_batch_size, batch_size), epoch, over))

    def _counted(self, batches: Iterable[AnyBatch]) -> Iterator[AnyBatch]:
        """Yield the batches of a pass, and count their points and the time until the last one."""
        wait_for(self.data.labels.device)  # margins of a snapshot may still be computed
        started = perf_counter()
        for batch in batches:
            self.sample_gradients += sum(indices.shape[1] for indices in tensors(batch))
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

    def untrained_logits(self) -> Tensor:
        """Return logits (M, points, classes) of networks that nothing has trained, one a member.

        They are in evaluation mode, BatchNorm by the statistics that it starts with, and their
        weights are drawn from the members' seeds.

        Raises
        ------
        ValueError
            When the learner was not given `build`.
        """
        if self.build is None:
            raise ValueError("the learner cannot build untrained networks: it was given no build")
        stacked = self.execution.stack(self.build(self.seeds[0]), self.members)
        network = stacking.fill(stacked, self.build, self.seeds)
        network.to(self.data.labels.device, self.data.dtype)
        precision = self.execution.evaluation_precision
        return margins.logits(network, self.data, self.members, precision)

    def point_numbers(self, *key: int) -> Tensor:
        """Return random whole numbers (M, points), of each member and point one of its own."""
        device = self.data.labels.device
        return numbers(self.seeds, len(self.data.labels), *key, LABELS, device=device)

    def mean_gradients(self, batches: Iterable[Tensor], power: int = 1) -> list[Tensor]:
        """Return the mean over batches of the cross-entropy's gradients, to a power.

        Nothing moves, and BatchNorm keeps its statistics. Batches count by their points: the mean
        of gradients is that of the whole set, and in batches of one the mean of squares is that
        over single points.

        Parameters
        ----------
        batches : of one pass, each (M, batch)
        power : 1, or 2 for squares

        Returns
        -------
        list of Tensor
            (M, ...) for each parameter of the network, in their order.
        """
        parameters, points = self.optimizer.parameters, 0
        total = [torch.zeros_like(weights) for weights in parameters]
        with margins.evaluation_mode(self.network):
            for batch in batches:
                size = batch.shape[1]
                found = torch.autograd.grad(self.cross_entropy(batch), parameters)
                for mean, gradient in zip(total, found, strict=True):
                    mean.add_(gradient if power == 1 else gradient**power, alpha=size)
                points += size
        return [mean.div_(points) for mean in total]

    def hold(self, held: list[Tensor] | None) -> None:
        """Let some weights stay where they are in all later steps.

        Parameters
        ----------
        held : (M, ...) bool for each parameter, True for the weights that stay; None lets all move
        """
        self.optimizer.held = held

    @torch.no_grad()
    def perturb(self, scale: float, *key: int) -> None:
        """Add normal noise to all weights, of each member its own.

        It is no part of a recorded step: it is called between them.

        Parameters
        ----------
        scale : standard deviation
        key : tells this noise from any other, such as ``(epoch, step)``
        """
        for place, weights in enumerate(self.optimizer.parameters):
            noise = normals(
                self.seeds,
                weights[0].numel(),
                *key,
                NOISE,
                place,
                device=weights.device,
                dtype=weights.dtype,
            )
            weights.add_(noise.view(weights.shape), alpha=scale)

    def step(self, loss: Tensor) -> None:
        """Move every member down the gradient of its own part of a sum over members."""
        self.optimizer.step(loss)

    def minimise(self, loss: Loss, batches: Iterable[Batch]) -> None:
        """Take a step down a loss on each batch: what `step` does, several times faster on a GPU.

        Parameters
        ----------
        loss : a sum over members, of a learner and a batch of indices (or a `Joint`). On a GPU its
            first calls are recorded and then repeated, so it must not depend on anything that
            changes but the learner and the batch; a method defines it once, not once an epoch
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
            build=self.build,
        )
        if isinstance(self.optimizer, Adam):
            twin.use_adam()
        twin.optimizer.resume(self.optimizer.running())
        twin.hold(self.optimizer.held)
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
