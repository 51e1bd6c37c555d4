"""The plain form of a method: one ordinary network and ordinary loaders, a member after another."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from unlearning.computing.batches import Data, ordered
from unlearning.computing.devices import wait_for
from unlearning.trajectories.counting import Charged, Work
from unlearning.trajectories.learner import FORGET, RETAIN, Learner, Snapshot
from unlearning.trajectories.loading import MethodError, Outside

#: What is done for a method unless it takes it itself.
FOR_PLAIN = ("batch_size", "forget_batch_size", "batch_norm")

Sample = tuple[Tensor, Tensor]
#: Of each layer of a network, by its name: its kind; its numbers, and what it computes with them.
Layers = tuple[dict[str, str], dict[str, str]]


class Points(Dataset[Sample]):
    """Some points of the data set, as (image, label), which count what is taken of them.

    Parameters
    ----------
    data : all points of the data set
    indices : (points,) which of them
    taken : called with (batch,) indices into the data set whenever some are handed out
    """

    def __init__(self, data: Data, indices: Tensor, taken: Callable[[Tensor], None]) -> None:
        self.data, self.indices, self.taken = data, indices, taken

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        """Return an image (channels, height, width), normalised, and its label."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[Sample]:
        """Return several samples at once, which is how loaders ask for a batch."""
        chosen = self.indices[torch.tensor(indices, device=self.indices.device)]
        self.taken(chosen)
        images, labels = self.data.gather(chosen.unsqueeze(0))
        return list(zip(images[0].unbind(), labels[0].unbind(), strict=True))


class Order(Sampler[int]):
    """The order of a member's points in each pass, as a stack's `Learner` has it.

    Parameters
    ----------
    count : points of a pass
    seed : of the member
    which : `FORGET` or `RETAIN`
    shuffle : False keeps the order of the points
    """

    def __init__(self, count: int, seed: int, which: int, shuffle: bool) -> None:
        self.count, self.seed, self.which, self.shuffle = count, seed, which, shuffle
        self.passes = 0

    def __len__(self) -> int:
        """Return the points of a pass."""
        return self.count

    def __iter__(self) -> Iterator[int]:
        """Begin the next pass: the first one is that of epoch 1."""
        self.passes += 1
        positions = torch.arange(self.count).unsqueeze(0)
        found = ordered(positions, [self.seed], self.passes, self.which, shuffle=self.shuffle)
        yield from found[0].tolist()


class FrozenBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm that keeps its statistics, whatever mode the network is set to."""

    def train(self, mode: bool = True) -> "FrozenBatchNorm2d":
        """Stay in evaluation mode."""
        return super().train(False)


def loaders(
    learner: Learner, sizes: Mapping[str, int], work: Work
) -> dict[str, DataLoader[Sample]]:
    """Return the loaders of a member on its way to forget.

    Parameters
    ----------
    learner : of this member alone
    sizes : ``batch_size`` of the retain and validation sets, and perhaps ``forget_batch_size``
    work : counts the points of the forget and retain sets that are handed out

    Returns
    -------
    dict
        ``forget_loader``, ``retain_loader``, and ``val_loader``, which goes through the validation
        set in order. ``points`` of each are (batch,) int64, where the points that it has handed out
        last stand in the data set.
    """
    [seed], points = learner.seeds, learner.points
    device = learner.data.labels.device
    left = torch.ones(len(learner.data.labels), dtype=torch.bool, device=device)
    left[torch.cat([points[FORGET], points[RETAIN]])] = False

    def loader(indices: Tensor, size: int, order: Order, counts: bool) -> Any:
        def taken(handed_out: Tensor) -> None:
            work.handed_out += counts * len(handed_out)
            found.points = handed_out

        # With a generator of its own: the member's random numbers are all the method's.
        own = torch.Generator().manual_seed(seed)
        dataset = Points(learner.data, indices, taken)
        found: Any = DataLoader(dataset, batch_size=size, sampler=order, generator=own)
        found.points = indices[:0]
        return found

    def trained(which: int, size: int) -> Any:
        indices = points[which]
        order = Order(len(indices), seed, which, learner.conditions.shuffle)
        return loader(indices, size, order, True)

    size = sizes["batch_size"]
    validation = left.nonzero().flatten()
    in_order = Order(len(validation), seed, RETAIN, False)
    return {
        "forget_loader": trained(FORGET, sizes.get("forget_batch_size", size)),
        "retain_loader": trained(RETAIN, size),
        "val_loader": loader(validation, size, in_order, False),
    }


def ordinary(learner: Learner, build: Callable[[int], nn.Module], batch_norm: str) -> nn.Module:
    """Return the one member of a learner as an ordinary network, in training mode.

    Parameters
    ----------
    learner : of one member; its weights are copied
    build : gives a network of the architecture
    batch_norm : ``"frozen"`` keeps the statistics of BatchNorm as they are
    """
    network = build(0)
    state = {name: value[0] for name, value in learner.network.state_dict().items()}
    network.load_state_dict(state, strict=False)  # stacks do not count BatchNorm's batches
    if batch_norm == "frozen":
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.__class__ = FrozenBatchNorm2d
    return network.to(learner.data.labels.device, learner.data.dtype).train()


def adapted(
    method: Outside,
    build: Callable[[int], nn.Module],
    members: Mapping[int, int],
    optimizer: Mapping[str, float],
) -> Callable[..., Iterator[Snapshot]]:
    """Return a plain method as one of stacks of a single member.

    A generator is run once, and its snapshots are the epochs that it yields, alone (the network
    that it was given has been changed) or with a network. A function that returns is called anew
    for each epoch, from the pretrained member: ``epochs`` is then a number.

    Parameters
    ----------
    method : ``unlearn(model, forget_loader, retain_loader, *, ...)``
    build : gives a network of the ensemble's architecture
    members : seed -> number of the member
    optimizer : ``momentum`` and ``weight_decay`` of the run, for a method that takes them
    """
    charged = Charged(method.file)

    def unlearn(learner: Learner, *, epochs: Sequence[int], **given: Any) -> Iterator[Snapshot]:
        [seed] = learner.seeds
        whom = f"member {members[seed]}"
        keywords = {key: value for key, value in given.items() if key not in FOR_PLAIN}
        known = {**optimizer, **given}
        keywords |= {key: value for key, value in known.items() if key in method.takes}
        if early := keywords.get("early_weights"):
            keywords["early_weights"] = {
                epoch: {name: value[0] for name, value in weights.items()}
                for epoch, weights in early.items()
            }
        pretrained = {name: value.clone() for name, value in learner.network.state_dict().items()}

        def begin(wanted: list[int] | int) -> tuple[nn.Module, Layers, Work, dict[str, Any]]:
            learner.network.load_state_dict(pretrained)
            network = ordinary(learner, build, given.get("batch_norm", "train"))
            work = Work()
            network.register_forward_hook(work)
            arguments = {method.network: network, **loaders(learner, given, work)}
            arguments["epochs"] = wanted
            arguments = {name: each for name, each in arguments.items() if name in method.takes}
            _seed_all(seed)
            # What it is given is its own to change, not a later call's or another member's.
            return network, _layers(network), work, arguments | deepcopy(keywords)

        def timed(step: Callable[[], Any]) -> Any:
            wait_for(learner.data.labels.device)
            started = perf_counter()
            value = step()
            wait_for(learner.data.labels.device)
            learner.seconds += perf_counter() - started
            return value

        if method.yields:
            network, layers, work, arguments = begin(list(epochs))
            steps, end = method.drive(whom, method.call(whom, **arguments)), object()
            while (value := timed(lambda: next(steps, end))) is not end:
                epoch, found = _yielded(value, network, method.at)
                _take_over(learner, found, layers, method.at)
                learner.sample_gradients = work.cost
                yield Snapshot(learner, epoch)
            charged.tell(work, whom)
            return
        for epoch in epochs:
            learner.seconds = 0.0
            network, layers, work, arguments = begin(epoch)
            value = timed(partial(method.call, whom, **arguments))
            learner.sample_gradients = work.cost
            charged.tell(work, whom)
            if value is not None and not isinstance(value, nn.Module):
                hint = "; to yield at epochs, write yield from" * isinstance(value, Iterator)
                raise MethodError(
                    f"{method.returns}: unlearn returned {_kind(value)}, and may return a network, "
                    f"or nothing where it has changed the one that it was given{hint}"
                )
            where = method.at if value is None else method.returns
            _take_over(learner, network if value is None else value, layers, where)
            yield Snapshot(learner, epoch)

    return unlearn


def _seed_all(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - what users' libraries draw from


def _kind(value: object) -> str:
    return f"an object of type {type(value).__name__}"


def _yielded(value: Any, network: nn.Module, at: str) -> tuple[int, nn.Module]:
    """Return the epoch and the network of what a generator has yielded."""
    epoch, found = value if isinstance(value, tuple) and len(value) == 2 else (value, network)
    if type(epoch) is not int or not isinstance(found, nn.Module):
        raise MethodError(
            f"{at}: unlearn yielded {_kind(value)}, and may yield an epoch, or (epoch, network)"
        )
    return epoch, found


def _take_over(learner: Learner, found: nn.Module, layers: Layers, at: str) -> None:
    """Bring a network's weights into the learner, if it has the layers that were given."""
    own = learner.network.state_dict()
    state = {name: value for name, value in found.state_dict().items() if not _is_count(name)}
    kinds, details = _layers(found)
    shapes = {name: str(tuple(value.shape)) for name, value in state.items()}
    before = {name: str(tuple(value.shape[1:])) for name, value in own.items()}
    for was, now in ((layers[0], kinds), (before, shapes), (layers[1], details)):
        for name in {**was, **now}:
            if was.get(name) != now.get(name):
                raise MethodError(
                    f"{at}: unlearn gave back another architecture: {name or 'the network'} is "
                    f"{now.get(name, 'missing')}, and was {was.get(name, 'not there')}"
                )
    with torch.no_grad():
        for name, value in own.items():
            value[0].copy_(state[name])


def _is_count(name: str) -> bool:
    """Return whether a buffer is BatchNorm's number of batches, on which nothing depends."""
    return name.endswith("num_batches_tracked")


def _layers(network: nn.Module) -> Layers:
    """Return what the layers of a network are; BatchNorm's momentum is none of their numbers."""
    kinds, details = {}, {}
    for name, layer in network.named_modules():
        kind = "BatchNorm2d" if isinstance(layer, nn.BatchNorm2d) else type(layer).__name__
        numbers = re.sub(r"momentum=[^,]*,? ?", "", layer.extra_repr())
        forward: Any = getattr(layer.forward, "__func__", layer.forward)
        computes = getattr(forward, "__qualname__", type(forward).__name__)
        kinds[name] = kind
        details[name] = f"{kind}({numbers}) computing {computes}"
    return kinds, details
