"""The type that networks compute in; weights, losses and margins are float32 in any case."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

#: Of the products inside of convolutions. ``tf32`` rounds their factors to 10 bits on a GPU and is
#: float32 elsewhere; ``bfloat16`` rounds features as well, to 7 bits. Linear layers stay in
#: float32: rounded logits would be rounded margins.
PRECISIONS = ("float32", "tf32", "bfloat16")


@contextmanager
def products_in(precision: str) -> Iterator[None]:
    """Let a GPU multiply float32 numbers as they are, or for ``tf32`` rounded, inside the block.

    Covers gradients as well: they are computed outside of `features_in`.
    """
    convolutions = torch.backends.cudnn.allow_tf32
    matrices = torch.get_float32_matmul_precision()
    try:
        # These and not torch's settings of each operation: where both were used, parts of torch
        # refuse to go on.
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.set_float32_matmul_precision("highest")
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = convolutions
        torch.set_float32_matmul_precision(matrices)


def features_in(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which a network is to be called."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
