"""Stochastic gradient descent on a stacked network.

torch's own update, called through its functional form: creating a ``torch.optim.SGD`` imports
torch's compiler, which takes a second of every job.
"""

import torch
from torch import Tensor, nn, no_grad
from torch.optim.sgd import sgd


class SGD:
    """Descend with momentum and weight decay, as ``torch.optim.SGD`` does.

    Parameters
    ----------
    network : its parameters are updated in place
    learning_rate : step size, may be changed between steps
    momentum : factor on the running gradient, 0 keeps none
    weight_decay : factor on the weights that are added to their gradient

    Attributes
    ----------
    held : for each parameter which of its weights stay where they are, None where all may move
    """

    def __init__(
        self,
        network: nn.Module,
        learning_rate: float = 0.0,
        *,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        self.parameters: list[Tensor] = list(network.parameters())
        self.momentum, self.weight_decay = momentum, weight_decay
        self.held: list[Tensor] | None = None
        self._running: list[Tensor | None] = [None] * len(self.parameters)
        # On a GPU it stays in one place, where a recorded step finds it.
        device = self.parameters[0].device
        self._on_device = torch.zeros((), device=device) if device.type == "cuda" else None
        self.learning_rate = learning_rate

    @property
    def learning_rate(self) -> float:
        """The step size from here on."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = value
        if self._on_device is not None:
            self._on_device.fill_(value)

    def running(self) -> list[Tensor]:
        """Return the running gradients of the parameters, in order; none before the first step."""
        return [value for value in self._running if value is not None]

    def resume(self, running: list[Tensor]) -> None:
        """Go on from what `running` returned."""
        for i, value in enumerate(running):
            self._running[i] = torch.empty_like(self.parameters[i]).copy_(value)

    def step(self, loss: Tensor) -> None:
        """Move the parameters down the gradient of a loss."""
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        gradients = [parameter.grad for parameter in self.parameters]
        with no_grad():
            found = [gradient for gradient in gradients if gradient is not None]
            if self.held is not None:
                self._leave_out(found, self.held)
            self._update(found, self.weight_decay if self.held is None else 0.0)

    def _update(self, gradients: list[Tensor], weight_decay: float) -> None:
        """Move the parameters by their gradients, to which decay is added unless it has been."""
        sgd(
            self.parameters,
            gradients,
            self._running,
            fused=True,
            weight_decay=weight_decay,
            momentum=self.momentum,
            lr=self._rate(),  # type: ignore[arg-type]
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )

    def _rate(self) -> float | Tensor:
        """Return the step size where the fused update is to read it."""
        return self.learning_rate if self._on_device is None else self._on_device

    def _leave_out(self, gradients: list[Tensor], held: list[Tensor]) -> None:
        """Set gradients, decay among them, to 0 in place where weights are held.

        In place, because the fused update takes weights and gradients in the order of their memory.
        """
        for gradient, weights, still in zip(gradients, self.parameters, held, strict=True):
            if self.weight_decay:
                gradient.add_(weights, alpha=self.weight_decay)
            gradient.masked_fill_(still, 0.0)
