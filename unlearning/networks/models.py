"""The networks of the studies, one member at a time; `stacking.stack` makes many of one."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from unlearning.networks.language import ngram, transformer
from unlearning.networks.residual import Residual


class EverySecond(nn.Module):
    """Keep every second row and column, as a convolution of stride 2 does."""

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(..., H, W)`` at half the height and width, rounded up."""
        return features[..., ::2, ::2]


class GlobalMax(nn.Module):
    """Keep the largest number of each channel.

    As ``AdaptiveMaxPool2d(1)``, whose gradient has no form on a GPU that repeats itself.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, channels)``."""
        return features.flatten(2).max(2).values


class GlobalMean(nn.Module):
    """Keep the mean of each channel; as ``AdaptiveAvgPool2d(1)``, for the same reason."""

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, channels)``."""
        return features.mean((2, 3))


class Scale(nn.Module):
    """Multiply by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, features: Tensor) -> Tensor:
        """Return ``factor * features``."""
        return features * self.factor


def mlp(*, input_shape: tuple[int, int, int], classes: int, hidden: int) -> nn.Module:
    """Build a perceptron with one hidden layer: pixels - hidden - classes, ReLU.

    Parameters
    ----------
    input_shape : (channels, height, width)
    classes : number of classes
    hidden : units of the hidden layer

    Returns
    -------
    nn.Module
        Maps images ``(batch, channels, height, width)`` to logits ``(batch, classes)``.
    """
    channels, height, width = input_shape
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * height * width, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )


def resnet9(*, input_shape: tuple[int, int, int], classes: int, width: float) -> nn.Module:
    """Build the ResNet-9 of the paper (App. M), its channels multiplied by ``width``.

    Channels 64-128-residual-256-pool-residual-128, a last layer without bias, logits times 0.2.
    At ``width=1`` on three channels and ten classes it has 2,274,880 parameters.

    Parameters
    ----------
    input_shape : (channels, height, width), at least 12 pixels a side
    classes : number of classes
    width : factor on the number of channels, > 0

    Returns
    -------
    nn.Module
        Maps images ``(batch, channels, height, width)`` to logits ``(batch, classes)``.

    Raises
    ------
    ValueError
        When the images are too small for the network's strides.
    """
    channels, height, image_width = input_shape
    if min(height, image_width) < 12:
        raise ValueError(
            f"resnet9 needs images of at least 12 x 12 pixels, got {height} x {image_width}: "
            "set dataset.pad_to"
        )

    def convolution(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    def residual(features: int) -> nn.Module:
        return Residual(
            nn.Sequential(
                convolution(features, features, 3, 1, 1),
                convolution(features, features, 3, 1, 1),
            )
        )

    narrow, middle, wide = (max(1, round(width * features)) for features in (64, 128, 256))
    return nn.Sequential(
        convolution(channels, narrow, 3, 1, 1),
        convolution(narrow, middle, 5, 2, 2),
        residual(middle),
        convolution(middle, wide, 3, 1, 1),
        nn.MaxPool2d(2),
        residual(wide),
        convolution(wide, middle, 3, 1, 0),
        GlobalMax(),
        nn.Flatten(),
        nn.Linear(middle, classes, bias=False),
        Scale(0.2),
    )


def resnet18(*, input_shape: tuple[int, int, int], classes: int, width: float) -> nn.Module:
    """Build the ResNet-18 of He et al. (2016), its channels multiplied by ``width``.

    A 7 x 7 convolution and a pool, four stages of two basic blocks with 64-128-256-512 channels,
    the mean over the image and a linear layer; each stage but the first halves the image. At
    ``width=1`` on three channels and 1,000 classes it has 11,689,512 parameters. Convolutions
    start from normal weights of variance 2 / (outputs * kernel area).

    Parameters
    ----------
    input_shape : (channels, height, width); meant for 224 x 224 pixels, any size works
    classes : number of classes
    width : factor on the number of channels, > 0

    Returns
    -------
    nn.Module
        Maps images ``(batch, channels, height, width)`` to logits ``(batch, classes)``.
    """

    def normalised(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(
            inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False
        )
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        return [convolution, nn.BatchNorm2d(outputs)]

    def basic_block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
        block = [
            *normalised(inputs, outputs, 3, stride),
            nn.ReLU(),
            *normalised(outputs, outputs, 3, 1),
        ]
        if stride == 1 and inputs == outputs:
            return [Residual(nn.Sequential(*block)), nn.ReLU()]
        # The skip is a layer of its own, which gives the same numbers: in one with the convolution,
        # torch 2.12.1 has written outside of its memory.
        skip = [EverySecond()] if stride == 2 else []
        shortcut = nn.Sequential(*skip, *normalised(inputs, outputs, 1, 1))
        return [Residual(nn.Sequential(*block), shortcut), nn.ReLU()]

    features = [max(1, round(width * channels)) for channels in (64, 128, 256, 512)]
    layers = [*normalised(input_shape[0], features[0], 7, 2), nn.ReLU()]
    layers += [nn.MaxPool2d(3, stride=2, padding=1)]
    inputs = features[0]
    for stage, outputs in enumerate(features):
        layers += basic_block(inputs, outputs, 1 if stage == 0 else 2)
        layers += basic_block(outputs, outputs, 1)
        inputs = outputs
    return nn.Sequential(*layers, GlobalMean(), nn.Flatten(), nn.Linear(features[-1], classes))


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "resnet9": resnet9,
    "resnet18": resnet18,
    "transformer": transformer,
    "ngram": ngram,
}


def build(
    model: dict[str, Any], input_shape: tuple[int, ...], classes: int, seed: int
) -> nn.Module:
    """Build one ensemble member with weights drawn from its own seed.

    Parameters
    ----------
    model : ``{"name": ..., <the architecture's own keywords>}``
    input_shape : (channels, height, width) of an image, (context,) of a sequence
    classes : number of classes
    seed : 63-bit seed of the initial weights; the global generator is left as it was
    """
    keywords = {key: value for key, value in model.items() if key != "name"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ARCHITECTURES[model["name"]](input_shape=input_shape, classes=classes, **keywords)
