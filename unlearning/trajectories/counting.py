"""The cost of a plain method: the points of which gradients are taken, or that are handed out."""

import logging
from typing import Any

from torch import Tensor, nn

logger = logging.getLogger(__name__)

#: By how much gradients may exceed what is handed out, and nothing is said.
SLACK = 1.1


class Work:
    """Counts what is done for one member on its way to forget.

    As a hook of its network, and of all copies that a method makes of it, it counts the points
    whose outputs a gradient comes back to, in training mode or not, wherever they are from. Where a
    method vectorises over points (`torch.func.vmap`) it sees one of them.

    Attributes
    ----------
    handed_out : points of the forget and retain sets that the loaders have handed out
    gradients : points that a gradient has come back to, each time that it did
    """

    def __init__(self) -> None:
        self.handed_out = self.gradients = 0

    @property
    def cost(self) -> int:
        """Sample gradients that are charged for: a point of the loaders counts without one, too."""
        return max(self.handed_out, self.gradients)

    def __call__(self, _network: nn.Module, _inputs: tuple[Any, ...], outputs: Any) -> None:
        """Wait for the gradient of a batch's outputs."""
        if isinstance(outputs, Tensor) and outputs.requires_grad:
            outputs.register_hook(self._came_back)

    def _came_back(self, gradient: Tensor) -> None:
        self.gradients += len(gradient)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Work":
        """Stay the one counter."""
        return self


class Charged:
    """Says once where a method takes more gradients than its loaders of both sets hand out.

    Parameters
    ----------
    file : of the method
    """

    def __init__(self, file: str) -> None:
        self.file, self.told = file, False

    def tell(self, work: Work, whom: str) -> None:
        """Compare the gradients that one member took with the points that were handed out."""
        if self.told or work.gradients <= SLACK * work.handed_out:
            return
        self.told = True
        logger.info(
            "%s: gradients of %d points were taken, and its loaders of the forget and retain sets "
            "have handed out %d: the larger number is its cost (%s, the first of all)",
            self.file,
            work.gradients,
            work.handed_out,
            whom,
        )
