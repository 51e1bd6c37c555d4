"""The type that networks compute in; weights, losses and margins are float32 in any case."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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


def check_supported(computing: Mapping[str, Any], device: torch.device) -> None:
    """Refuse bfloat16 on a GPU that only emulates it, many times slower than float32.

    Parameters
    ----------
    computing : of the study, with ``precision`` and ``evaluation_precision``
    device : that a job computes on

    Raises
    ------
    RuntimeError
        Names the key and what it may be.
    """
    asked = [key for key in ("precision", "evaluation_precision") if computing[key] == "bfloat16"]
    if device.type != "cuda" or not asked:
        return
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        keys = " and ".join(f"computing.{key}" for key in asked)
        raise RuntimeError(
            f"the study sets {keys}: bfloat16, which {torch.cuda.get_device_name(device)} only "
            "emulates; set float32, or take a GPU of compute capability 8.0 or later"
        )
