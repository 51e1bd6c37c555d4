"""A stack whose members are networks of their own, computed at the same time on a GPU."""

from contextlib import nullcontext
from functools import cache

import torch
from torch import Tensor, nn

from unlearning.networks import stacking


class SideBySide(nn.Module):
    """M networks of one member over the weights of one stack.

    On a GPU each member has a stream of its own, forwards and backwards: kernels too small to fill
    the device run beside one another. On a processor they run one after another.

    Parameters
    ----------
    network : a single network
    members : M >= 1
    """

    def __init__(self, network: nn.Module, members: int) -> None:
        super().__init__()
        self.members = members
        for name, layer in stacking.stack(network, members).named_children():
            self.add_module(name, layer)
        # In a list, so that its weights are not the module's: those come from the stack.
        self._single = [stacking.stack(network, 1)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs ``(members, batch, ...)`` to logits ``(members, batch, ..., classes)``."""
        single = self._single[0]
        for one, of_all in zip(single.modules(), self.modules(), strict=True):
            one.training = of_all.training
        state = [*self.named_parameters(), *self.named_buffers()]
        rows = [(name, value.split(1)) for name, value in state]
        streams = _streams(inputs.device, self.members)
        parts = []
        for member in range(self.members):
            with torch.cuda.stream(_after_current(streams[member])) if streams else nullcontext():
                weights = {name: values[member] for name, values in rows}
                batch = inputs[member : member + 1]
                parts.append(torch.func.functional_call(single, weights, (batch,)))
        for stream in streams:
            torch.cuda.current_stream(stream.device).wait_stream(stream)
            # A first layer's gradient reads the inputs on this stream, after which they are let go
            # of: without this their memory is handed out again before it has been read.
            inputs.record_stream(stream)
        return torch.cat(parts)


@cache
def _streams(device: torch.device, count: int) -> list[torch.cuda.Stream]:
    if device.type != "cuda":
        return []
    return [torch.cuda.Stream(device) for _ in range(count)]


def _after_current(stream: torch.cuda.Stream) -> torch.cuda.Stream:
    """Let a stream wait for what the current one has been asked."""
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    return stream
