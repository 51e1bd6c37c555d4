"""Many members as one network.

`stack` turns a network into its M-member twin: grouped convolutions or batched matrix products, one
BatchNorm over M x C channels, batched matrices for the linear layers. Every parameter and buffer
gets a leading member axis and keeps its name, so that a member's weights are row m of each array.
Members never mix: member m of the twin computes what the network with member m's weights computes.

Inside the twin a tensor has one of two layouts: ``(members, batch, ...)`` before the first
convolution and after `Flatten`, ``(batch, members * channels, height, width)`` between them.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from unlearning.networks.language import Attention, Positions, Transformer
from unlearning.networks.stacked_tokens import (
    RowProduct,
    StackedAttention,
    StackedEmbedding,
    StackedLayerNorm,
    StackedPositions,
    StackedTransformer,
    repeated,
)

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
    """One grouped convolution, a group a member, or one batched matrix product."""

    def __init__(self, layer: nn.Conv2d, members: int, as_product: bool) -> None:
        super().__init__()
        if layer.groups != 1 or layer.padding_mode != "zeros":
            raise ValueError("only plain, zero-padded convolutions can be stacked")
        if as_product and (isinstance(layer.padding, str) or layer.dilation != (1, 1)):
            raise ValueError("convolutions with dilation or named padding cannot be products")
        self.members, self.as_product = members, as_product
        self.stride, self.padding, self.dilation = layer.stride, layer.padding, layer.dilation
        # Channels last, as the features: a GPU would bring them to that order at every step.
        ordered = layer.weight.detach().permute(0, 2, 3, 1).expand(members, -1, -1, -1, -1)
        ordered = ordered.clone(memory_format=torch.contiguous_format)
        self.weight = nn.Parameter(ordered.permute(0, 1, 4, 2, 3))
        self.bias = None if layer.bias is None else repeated(layer.bias, members)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve ``(batch, members * in, H, W)`` (or images, member first)."""
        features = _channels(features)
        bias = None if self.bias is None else self.bias.flatten()
        if self.as_product:
            return self._product(features, bias)
        return functional.conv2d(
            features,
            self.weight.flatten(0, 1),
            bias,
            self.stride,
            self.padding,
            self.dilation,
            groups=self.members,
        )

    def _product(self, features: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve as weights times the patches that they see."""
        height, width = self.weight.shape[-2:]
        vertical, horizontal = cast(tuple[int, int], self.padding)
        padded = functional.pad(features, (horizontal, horizontal, vertical, vertical))
        windows = padded.unfold(2, height, self.stride[0]).unfold(3, width, self.stride[1])
        batch, _, rows, columns = windows.shape[:4]
        # (batch, members, in, rows, columns, height, width) -> a row a patch of each member
        patches = windows.unflatten(1, (self.members, -1)).permute(1, 0, 3, 4, 2, 5, 6)
        patches = patches.reshape(self.members, batch * rows * columns, -1)
        found = torch.bmm(patches, self.weight.flatten(2).transpose(1, 2))
        found = found.view(self.members, batch, rows, columns, -1).permute(1, 0, 4, 2, 3)
        found = found.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        return found if bias is None else found + bias.view(1, -1, 1, 1)


class StackedBatchNorm2d(nn.Module):
    """One BatchNorm over members x channels: every member keeps its own statistics."""

    def __init__(self, layer: nn.BatchNorm2d, members: int) -> None:
        super().__init__()
        if not (layer.affine and layer.track_running_stats) or layer.momentum is None:
            raise ValueError("only affine BatchNorm2d with running statistics can be stacked")
        self.momentum, self.eps = layer.momentum, layer.eps
        self.weight = repeated(layer.weight, members)
        self.bias = repeated(layer.bias, members)
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
    """One batched matrix product on ``(members, batch, features)``, or on tokens of each batch."""

    def __init__(self, layer: nn.Linear, members: int) -> None:
        super().__init__()
        self.weight = repeated(layer.weight, members)
        self.bias = None if layer.bias is None else repeated(layer.bias, members)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(members, batch, in)`` to ``(members, batch, out)``; tokens by `_of_tokens`.

        Computed features first, as ``weight @ features^T``: this keeps every product of the
        forward and the backward pass in the layout that batched GEMM is fastest at, and leaves
        the class axis of the logits where a softmax over it vectorises over samples.
        """
        # Not in bfloat16: rounded logits would be rounded margins.
        with torch.autocast(features.device.type, enabled=False):
            if features.dim() == 4:
                return self._of_tokens(features.to(self.weight.dtype))
            columns = features.to(self.weight.dtype).transpose(1, 2)
            if self.bias is None:
                return torch.bmm(self.weight, columns).transpose(1, 2)
            return torch.baddbmm(self.bias.unsqueeze(2), self.weight, columns).transpose(1, 2)

    def _of_tokens(self, features: Tensor) -> Tensor:
        """Map ``(members, batch, tokens, in)``, row by row: what lies around works on rows."""
        rows = features.flatten(1, 2)
        if self.bias is None:
            found = torch.bmm(rows, self.weight.transpose(1, 2))
        else:
            found = cast(Tensor, RowProduct.apply(rows, self.weight, self.bias))
        return found.view(*features.shape[:3], -1)


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


def stack(network: nn.Module, members: int, *, as_products: bool = False) -> nn.Module:
    """Return the M-member twin of a network, every member with the network's own weights.

    Parameters
    ----------
    network : any module of Conv2d, BatchNorm2d, Linear, Flatten, Embedding, LayerNorm, `Positions`,
        pooling and activations, wired by modules without parameters of their own
    members : M >= 1
    as_products : computes convolutions as batched matrix products

    Returns
    -------
    nn.Module
        Maps images ``(members, batch, C, H, W)`` to logits ``(members, batch, classes)``, or
        tokens ``(members, batch, tokens)`` to ``(members, batch, tokens, classes)``.

    Raises
    ------
    ValueError
        When a layer with parameters has no stacked form.
    """
    match network:
        case nn.Conv2d():
            return StackedConv2d(network, members, as_products)
        case nn.BatchNorm2d():
            return StackedBatchNorm2d(network, members)
        case nn.Linear():
            return StackedLinear(network, members)
        case nn.Flatten():
            return StackedFlatten(members)
        case nn.Embedding():
            return StackedEmbedding(network, members)
        case nn.LayerNorm():
            return StackedLayerNorm(network, members)
        case Positions():
            return StackedPositions(network, members)
    if next(network.parameters(recurse=False), None) is not None:
        raise ValueError(
            f"{type(network).__name__} has parameters and no stacked form; "
            "known are Conv2d, BatchNorm2d, Linear, Embedding, LayerNorm and Positions"
        )
    twin = deepcopy(network)
    if isinstance(network, Attention):
        twin.__class__ = StackedAttention
    if isinstance(network, Transformer):
        twin.__class__ = StackedTransformer
    for name, child in network.named_children():
        setattr(twin, name, stack(child, members, as_products=as_products))
    return twin


def fill(stacked: nn.Module, build: Callable[[int], nn.Module], seeds: Sequence[int]) -> nn.Module:
    """Give member m of a stacked network the weights of ``build(seeds[m])``."""
    rows = [build(seed).state_dict() for seed in seeds]
    for name, value in stacked.state_dict().items():
        value.copy_(torch.stack([row[name] for row in rows]))
    return stacked


def assemble(build: Callable[[int], nn.Module], seeds: Sequence[int]) -> nn.Module:
    """Return one stacked network whose member m is ``build(seeds[m])``."""
    return fill(stack(build(seeds[0]), len(seeds)), build, seeds)


def weights_of(network: nn.Module) -> Weights:
    """Return a copy of every parameter and buffer of a stacked network, on the CPU."""
    return {
        name: value.detach().to("cpu", copy=True) for name, value in network.state_dict().items()
    }


def select(weights: Weights, members: slice) -> Weights:
    """Return the weights of some of the members."""
    return {name: value[members] for name, value in weights.items()}


def concatenate(parts: Sequence[Weights]) -> Weights:
    """Join the weights of several stacks along the member axis."""
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def alone(network: nn.Module, member: int) -> nn.Module:
    """Return one member of a stacked network as a stack of one, over the same weights.

    It is for evaluation: what it computes has no gradients.
    """
    # Whoever is copied finds these in place of copies of its weights and statistics.
    rows: dict[int, object] = {
        id(value): nn.Parameter(value.detach()[member : member + 1], requires_grad=False)
        for value in network.parameters()
    }
    rows |= {id(value): value[member : member + 1] for value in network.buffers()}
    twin = deepcopy(network, rows)
    for layer in twin.modules():
        if "members" in vars(layer):
            vars(layer)["members"] = 1
        if isinstance(layer, StackedConv2d):
            layer.as_product = False
    return twin


def batch_norms(network: nn.Module) -> list[StackedBatchNorm2d]:
    """Return the BatchNorm layers of a stacked network."""
    return [layer for layer in network.modules() if isinstance(layer, StackedBatchNorm2d)]
