"""The type that networks compute in; weights, losses and margins are float32 in any case."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

#: Of the products inside of convolutions. ``tf32`` rounds their factors to 10 bits on a GPU and is
#: float32 elsewhere; ``bfloat16`` rounds features as well, to 7 bits. Linear layers stay in
#: float32: rounded logits would be rounded margins.
PRECISIONS = ("float32", "tf32", "bfloat16")

_BACKENDS = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)  # type: ignore[attr-defined]


@contextmanager
def products_in(precision: str) -> Iterator[None]:
    """Let a GPU multiply float32 numbers as they are, or for ``tf32`` rounded, inside the block.

    Covers gradients as well: they are computed outside of `features_in`.
    """
    before = [backend.fp32_precision for backend in _BACKENDS]
    try:
        for backend in _BACKENDS:
            backend.fp32_precision = "tf32" if precision == "tf32" else "ieee"
        yield
    finally:
        for backend, setting in zip(_BACKENDS, before, strict=True):
            backend.fp32_precision = setting


def features_in(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which a network is to be called."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
