"""Images on the device, and the order in which each member sees them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unlearning.seeds import generator


class Data(NamedTuple):
    """A data set ready for training: normalised images and labels on one device."""

    images: Tensor  # (points, channels, height, width)
    labels: Tensor  # (points,) int64

    def gather(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Return the images ``(members, batch, C, H, W)`` and labels of ``(members, batch)``."""
        rows = indices.flatten()
        images = self.images.index_select(0, rows).view(*indices.shape, *self.images.shape[1:])
        return images, self.labels.index_select(0, rows).view(indices.shape)


def prepare(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    mean: Sequence[float],
    std: Sequence[float],
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Normalise uint8 images ``(points, height, width, channels)`` and move them to a device.

    Parameters
    ----------
    images : (points, height, width, channels) uint8
    labels : (points,) int64
    mean, std : per channel, of the training images scaled to [0, 1]
    device : where training happens
    dtype : floating type of the images
    """
    pixels = torch.from_numpy(np.array(images)).to(device).permute(0, 3, 1, 2)
    shape = (1, -1, 1, 1)
    centre = torch.tensor(mean, device=device, dtype=dtype).view(shape)
    spread = torch.tensor(std, device=device, dtype=dtype).view(shape)
    normalised = (pixels.to(dtype) / 255 - centre) / spread
    return Data(normalised.contiguous(), torch.from_numpy(np.array(labels)).to(device))


def ordered(
    subsets: NDArray[np.int64], seeds: Sequence[int], *key: int, shuffle: bool = True
) -> Tensor:
    """Return each member's order of its own points for one pass.

    Parameters
    ----------
    subsets : (members, points) indices of the points that each member trains on
    seeds : (members,) seeds of the members
    key : which pass this is, such as ``(epoch,)``: orders are looked up by a counter, not drawn
        from a running generator, so that two runs that share a prefix see the same order
    shuffle : False keeps the order of ``subsets``

    Returns
    -------
    Tensor
        (members, points) int64
    """
    if not shuffle:
        return torch.from_numpy(np.array(subsets))
    return torch.from_numpy(
        np.stack(
            [
                generator(seed, *key).permutation(row)
                for seed, row in zip(seeds, subsets, strict=True)
            ]
        )
    )


def split(order: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Cut ``(members, points)`` into batches ``(members, <= batch_size)``, the last one shorter."""
    yield from order.split(batch_size, dim=1)
