"""Points on the device, the order in which each member sees them, and its random numbers."""

from collections.abc import Iterator, Sequence
from math import ceil, tau
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Normalisation(NamedTuple):
    """What bytes are normalised with: ``(byte / 255 - centre) / spread``."""

    centre: Tensor  # (channels, 1, 1), of the floating type of the images
    spread: Tensor  # (channels, 1, 1)


class Data(NamedTuple):
    """A data set ready for training, on one device.

    Bytes stay bytes, a quarter of the memory, and are normalised batch by batch. What is to be
    predicted of a point is its class; of a sequence, at each of its tokens, the next one.
    """

    inputs: Tensor  # images (points, channels, height, width), or tokens (points, context): uint8,
    # but images without a normalisation, which are floating
    labels: Tensor  # (points,) int64; of sequences (points, context), -1 after their end
    normalisation: Normalisation | None = None
    lengths: Tensor | None = None  # (points,) on the processor: predictions of each sequence
    floating: torch.dtype = torch.float32  # of networks that see tokens

    @property
    def dtype(self) -> torch.dtype:
        """The floating type of what networks compute with."""
        if self.lengths is not None:
            return self.floating
        return self.normalisation.centre.dtype if self.normalisation else self.inputs.dtype

    @property
    def predictions(self) -> int:
        """Number of predictions, of which each member has a margin: one a point, or one a token."""
        return len(self.labels) if self.lengths is None else int(self.lengths.sum())

    def gather(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs ``(members, batch, ...)`` and labels of ``(members, batch)``.

        Of sequences both are ``(members, batch, tokens)``: on a processor as many as the longest
        sequence of the batch has, on a GPU, where shapes are to stay, as many as the context.
        """
        rows = indices.flatten()
        inputs = self._networks_see(self._cut(self.inputs, rows).index_select(0, rows))
        labels = self._cut(self.labels, rows).index_select(0, rows)
        return inputs.view(*indices.shape, *inputs.shape[1:]), labels.view(
            *indices.shape, *labels.shape[1:]
        )

    def in_order(self, batch_size: int) -> Iterator[Tensor]:
        """Yield the inputs of all points, ``(<= batch_size, ...)`` at a time."""
        for inputs in self.inputs.split(batch_size):
            yield self._networks_see(inputs)

    def _cut(self, values: Tensor, rows: Tensor) -> Tensor:
        """Leave out what lies behind the end of all sequences of some rows."""
        if self.lengths is None or rows.device.type != "cpu":
            return values
        return values[:, : int(self.lengths[rows].max())]

    def _networks_see(self, inputs: Tensor) -> Tensor:
        if self.lengths is not None:
            return inputs.long()
        if self.normalisation is None:
            return inputs
        centre, spread = self.normalisation
        return inputs.to(centre.dtype).div_(255).sub_(centre).div_(spread)


def prepare(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    mean: Sequence[float],
    std: Sequence[float],
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Move uint8 images ``(points, height, width, channels)`` to a device.

    Parameters
    ----------
    images : (points, height, width, channels) uint8
    labels : (points,) int64
    mean, std : per channel, of the training images scaled to [0, 1]
    device : where training happens
    dtype : floating type of the images that networks see
    """
    channels_first = np.array(np.moveaxis(images, 3, 1), order="C")
    centre, spread = (
        torch.tensor(values, device=device, dtype=dtype).view(-1, 1, 1) for values in (mean, std)
    )
    return Data(
        torch.from_numpy(channels_first).to(device),
        torch.from_numpy(np.array(labels)).to(device),
        Normalisation(centre, spread),
    )


def prepare_sequences(
    tokens: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Move the tokens of sequences to a device, with the next ones as labels.

    Parameters
    ----------
    tokens : (points, context) uint8, after their end 0
    lengths : (points,) predictions of each sequence: the last one is of its end, token 0
    device : where training happens
    dtype : floating type of the networks
    """
    inputs, counts = torch.from_numpy(np.array(tokens)), torch.from_numpy(np.array(lengths))
    labels = torch.zeros(inputs.shape, dtype=torch.int64)
    labels[:, :-1] = inputs[:, 1:]
    labels[torch.arange(inputs.shape[1]) >= counts[:, None]] = -1
    return Data(inputs.to(device), labels.to(device), None, counts, dtype)


def ordered(points: Tensor, seeds: Sequence[int], *key: int, shuffle: bool = True) -> Tensor:
    """Return each member's order of its own points for one pass, computed where the points are.

    Every position of the pass has a random number of its own, a function of the member's seed, the
    key and the position (SplitMix64, Steele et al. 2014), and the points go in the order of these
    numbers. They are integers: a GPU finds the same order as a processor.

    Parameters
    ----------
    points : (members, points) indices of the points that each member trains on, int64
    seeds : (members,) seeds of the members
    key : which pass this is, such as ``(epoch,)``: orders are looked up by a counter, not drawn
        from a running generator, so that two runs that share a prefix see the same order
    shuffle : False keeps the order of ``points``

    Returns
    -------
    Tensor
        (members, points) int64
    """
    if not shuffle:
        return points
    drawn = numbers(seeds, points.shape[1], *key, device=points.device)
    return points.gather(1, drawn.argsort(dim=1, stable=True))


def numbers(seeds: Sequence[int], count: int, *key: int, device: torch.device) -> Tensor:
    """Return random whole numbers of each member's own (SplitMix64).

    They are a function of seed, key and position: in another stack of members, in another chunk
    and on another device they are the same.

    Parameters
    ----------
    seeds : (members,) seeds of the members
    count : how many
    key : what they are for, such as ``(epoch, purpose)``
    device : where they are computed

    Returns
    -------
    Tensor
        (members, count) int64, over the whole range of 64 bits
    """
    state = torch.tensor(seeds, dtype=torch.int64)
    for part in key:
        state = _scrambled(state + torch.tensor(part + 1) * INCREMENT)
    positions = torch.arange(1, count + 1, device=device)
    return _scrambled(state.to(device).unsqueeze(1) + positions * INCREMENT)


def normals(
    seeds: Sequence[int], count: int, *key: int, device: torch.device, dtype: torch.dtype
) -> Tensor:
    """Return standard normal numbers of each member's own, as `numbers` has whole ones.

    Two of them come from the halves of one whole number (Box and Muller 1958), so none is larger
    than 6.7 in size.

    Parameters
    ----------
    seeds, count, key, device : as in `numbers`
    dtype : of the result

    Returns
    -------
    Tensor
        (members, count)
    """
    drawn = numbers(seeds, ceil(count / 2), *key, device=device)
    high, low = ((part & HALF).to(dtype) for part in (drawn >> 32, drawn))
    radius = high.add_(0.5).div_(2**32).log_().mul_(-2).sqrt_()
    angle = low.mul_(tau / 2**32)
    return torch.cat([radius * angle.cos(), radius * angle.sin()], 1)[:, :count]


#: The lower half of 64 bits.
HALF = 2**32 - 1

#: Of SplitMix64, as signed numbers: sums and products of int64 wrap around.
INCREMENT = 0x9E3779B97F4A7C15 - 2**64
FACTORS = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)


def _scrambled(states: Tensor) -> Tensor:
    """Return the number that SplitMix64 makes of each state, int64 for its unsigned 64 bits."""
    for shift, factor in zip((30, 27), FACTORS, strict=True):
        states = (states ^ _shifted(states, shift)) * factor
    return states ^ _shifted(states, 31)


def _shifted(states: Tensor, bits: int) -> Tensor:
    """Shift right and fill with zeros; int64's own shift repeats the sign."""
    return (states >> bits) & (2 ** (64 - bits) - 1)


def split(order: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Cut ``(members, points)`` into batches ``(members, <= batch_size)``, the last one shorter."""
    yield from order.split(batch_size, dim=1)
