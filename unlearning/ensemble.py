"""Many members as one network.

`stack` turns a network into its M-member twin: grouped convolutions, one BatchNorm over
M x C channels, batched matrices for the linear layers. Every parameter and buffer gets a leading
member axis and keeps its name, so that a member's weights are row m of each array. Members never
mix: member m of the twin computes what the network with member m's weights computes.

Inside the twin a tensor has one of two layouts: ``(members, batch, ...)`` before the first
convolution and after `Flatten`, ``(batch, members * channels, height, width)`` between them.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = dict[str, Tensor]


def _channels(images: Tensor) -> Tensor:
    """Bring images ``(members, batch, C, H, W)`` to ``(batch, members * C, H, W)``."""
    if images.dim() == 4:
        return images
    members, batch, channels, height, width = images.shape
    return (
        images.transpose(0, 1)
        .reshape(batch, members * channels, height, width)
        .contiguous(memory_format=torch.channels_last)
    )


class StackedConv2d(nn.Module):
    """One grouped convolution, a group a member."""

    def __init__(self, layer: nn.Conv2d, members: int) -> None:
        super().__init__()
        if layer.groups != 1 or layer.padding_mode != "zeros":
            raise ValueError("only plain, zero-padded convolutions can be stacked")
        self.members = members
        self.stride, self.padding, self.dilation = layer.stride, layer.padding, layer.dilation
        self.weight = _repeat(layer.weight, members)
        self.bias = None if layer.bias is None else _repeat(layer.bias, members)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve ``(batch, members * in, H, W)`` (or images, member first)."""
        bias = None if self.bias is None else self.bias.flatten()
        weight = self.weight.flatten(0, 1)
        return functional.conv2d(
            _channels(features),
            weight,
            bias,
            self.stride,
            self.padding,
            self.dilation,
            groups=self.members,
        )


class StackedBatchNorm2d(nn.Module):
    """One BatchNorm over members x channels: every member keeps its own statistics."""

    def __init__(self, layer: nn.BatchNorm2d, members: int) -> None:
        super().__init__()
        if not (layer.affine and layer.track_running_stats) or layer.momentum is None:
            raise ValueError("only affine BatchNorm2d with running statistics can be stacked")
        self.momentum, self.eps = layer.momentum, layer.eps
        self.weight = _repeat(layer.weight, members)
        self.bias = _repeat(layer.bias, members)
        self.running_mean: Tensor
        self.running_var: Tensor
        for name in ("running_mean", "running_var"):
            statistic = getattr(layer, name)
            self.register_buffer(name, statistic.expand(members, *statistic.shape).clone())

    def forward(self, features: Tensor) -> Tensor:
        """Normalise ``(batch, members * C, H, W)``."""
        return functional.batch_norm(
            features,
            self.running_mean.view(-1),
            self.running_var.view(-1),
            self.weight.flatten(),
            self.bias.flatten(),
            self.training,
            self.momentum,
            self.eps,
        )


class StackedLinear(nn.Module):
    """One batched matrix product on ``(members, batch, features)``."""

    def __init__(self, layer: nn.Linear, members: int) -> None:
        super().__init__()
        self.weight = _repeat(layer.weight, members)
        self.bias = None if layer.bias is None else _repeat(layer.bias, members)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(members, batch, in)`` to ``(members, batch, out)``.

        Computed features first, as ``weight @ features^T``: this keeps every product of the
        forward and the backward pass in the layout that batched GEMM is fastest at, and leaves
        the class axis of the logits where a softmax over it vectorises over samples.
        """
        columns = features.transpose(1, 2)
        if self.bias is None:
            return torch.bmm(self.weight, columns).transpose(1, 2)
        return torch.baddbmm(self.bias.unsqueeze(2), self.weight, columns).transpose(1, 2)


class StackedFlatten(nn.Module):
    """Leave the layout of convolutions: one row of features a member and sample."""

    def __init__(self, members: int) -> None:
        super().__init__()
        self.members = members

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(members, batch, features)``."""
        if features.dim() == 5:
            return features.flatten(2)
        return features.reshape(features.shape[0], self.members, -1).transpose(0, 1)


def _repeat(parameter: Tensor, members: int) -> nn.Parameter:
    return nn.Parameter(parameter.detach().expand(members, *parameter.shape).clone())


def stack(network: nn.Module, members: int) -> nn.Module:
    """Return the M-member twin of a network, every member with the network's own weights.

    Parameters
    ----------
    network : any module of Conv2d, BatchNorm2d, Linear, Flatten, pooling and activations, wired
        by modules without parameters of their own
    members : M >= 1

    Returns
    -------
    nn.Module
        Maps images ``(members, batch, C, H, W)`` to logits ``(members, batch, classes)``.

    Raises
    ------
    ValueError
        When a layer with parameters has no stacked form.
    """
    match network:
        case nn.Conv2d():
            return StackedConv2d(network, members)
        case nn.BatchNorm2d():
            return StackedBatchNorm2d(network, members)
        case nn.Linear():
            return StackedLinear(network, members)
        case nn.Flatten():
            return StackedFlatten(members)
    if next(network.parameters(recurse=False), None) is not None:
        raise ValueError(
            f"{type(network).__name__} has parameters and no stacked form; "
            "known are Conv2d, BatchNorm2d and Linear"
        )
    twin = deepcopy(network)
    for name, child in network.named_children():
        setattr(twin, name, stack(child, members))
    return twin


def assemble(build: Callable[[int], nn.Module], seeds: Sequence[int]) -> nn.Module:
    """Return one stacked network whose member m is ``build(seeds[m])``."""
    networks = [build(seed) for seed in seeds]
    twin = stack(networks[0], len(networks))
    rows = [network.state_dict() for network in networks]
    for name, stacked in twin.state_dict().items():
        stacked.copy_(torch.stack([row[name] for row in rows]))
    return twin


def weights_of(network: nn.Module) -> Weights:
    """Return a copy of every parameter and buffer of a stacked network, member axis first."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def select(weights: Weights, members: slice) -> Weights:
    """Return the weights of some of the members."""
    return {name: value[members] for name, value in weights.items()}


def concatenate(parts: Sequence[Weights]) -> Weights:
    """Join the weights of several stacks along the member axis."""
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def batch_norms(network: nn.Module) -> list[StackedBatchNorm2d]:
    """Return the BatchNorm layers of a stacked network."""
    return [layer for layer in network.modules() if isinstance(layer, StackedBatchNorm2d)]


def members_per_stack(model: str, image_size: int, batch_size: int) -> int:
    """Return how many members to train as one network: the rule for ``members_per_stack: auto``.

    Measured by ``bench/ensemble.py`` on CPU: small layers waste a processor on overhead, and
    stacking shares it; large ones fill it alone, and stacking only spoils the cache. The rule is
    fixed, not timed at run time, so that a study gives the same numbers on every run.

    Parameters
    ----------
    model : name of the architecture
    image_size : pixels a side
    batch_size : samples of one member in a step

    Returns
    -------
    int
        Members in one stacked network; 1 is a loop over members.
    """
    if model == "mlp":
        return 25
    if image_size <= 16 and batch_size <= 128:
        return 4
    return 1
