"""What a plain method computes beside what its loaders hand out, which is its cost."""

import logging
from typing import Any

import torch
from torch import nn

logger = logging.getLogger(__name__)

#: What a method may compute more than it is charged for, and nothing is said.
SLACK = 1.1


class Forward:
    """Counts the points that go forward through a network in training mode, with gradients.

    It is a hook of the network, and of all copies that a method makes of it.
    """

    def __init__(self) -> None:
        self.points = 0

    def __call__(self, network: nn.Module, inputs: tuple[Any, ...]) -> None:
        """Count a batch."""
        if network.training and torch.is_grad_enabled() and inputs:
            self.points += len(inputs[0])

    def __deepcopy__(self, memo: dict[int, Any]) -> "Forward":
        """Stay the one counter."""
        return self


class Charged:
    """Says once where a method computes more than its loaders of both sets hand out.

    Parameters
    ----------
    file : of the method
    """

    def __init__(self, file: str) -> None:
        self.file, self.told = file, False

    def check(self, forward: Forward, points: int, whom: str) -> None:
        """Compare what went forward with the points that are charged for, of one member."""
        if self.told or forward.points <= SLACK * points:
            return
        self.told = True
        logger.warning(
            "%s: %d points went forward in training mode, and its loaders of the forget and retain "
            "sets have handed out %d, which is all that counts as cost: batches that are kept, and "
            "those of val_loader, are not seen (%s, the first of all)",
            self.file,
            forward.points,
            points,
            whom,
        )
