"""Adam (Kingma and Ba 2015) on a stacked network.

torch's own update, in its functional form as in `unlearning.computing.sgd`. It works number by
number, so that members of a stack are as they would be alone.
"""

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from unlearning.computing.sgd import SGD

#: As published, and as ``torch.optim.Adam`` has them.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Adam(SGD):
    """Descend as ``torch.optim.Adam`` does with its usual constants.

    Parameters
    ----------
    network : its parameters are updated in place
    learning_rate : step size, may be changed between steps
    weight_decay : factor on the weights that are added to their gradient
    """

    def __init__(
        self, network: nn.Module, learning_rate: float = 0.0, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(network, learning_rate, weight_decay=weight_decay)
        self._first = [torch.zeros_like(value) for value in self.parameters]
        self._second = [torch.zeros_like(value) for value in self.parameters]
        self._steps = [
            torch.zeros((), dtype=torch.float32, device=value.device) for value in self.parameters
        ]

    def running(self) -> list[Tensor]:
        """Return running gradients, running squares and numbers of steps, in order."""
        return [*self._first, *self._second, *self._steps]

    def resume(self, running: list[Tensor]) -> None:
        """Go on from what `running` returned."""
        for mine, value in zip(self.running(), running, strict=True):
            mine.copy_(value)

    def _update(self, gradients: list[Tensor], weight_decay: float) -> None:
        adam(
            self.parameters,
            gradients,
            self._first,
            self._second,
            [],
            self._steps,
            fused=True,
            amsgrad=False,
            beta1=BETA1,
            beta2=BETA2,
            lr=self._rate(),
            weight_decay=weight_decay,
            eps=EPSILON,
            maximize=False,
        )
