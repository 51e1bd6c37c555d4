"""How large the networks of `unlearning.networks.models` are, from their definitions alone."""

from dataclasses import dataclass
from typing import NamedTuple

from unlearning.study.design import Config


@dataclass(frozen=True)
class NetworkSize:
    """The size of one member's network."""

    products: int  # multiply-accumulates of one sample's forward pass
    numbers: int  # weights and BatchNorm statistics
    activations: int  # numbers that one sample's backward pass needs


class Convolution(NamedTuple):
    """A convolution without bias, followed by BatchNorm."""

    inputs: int
    outputs: int
    kernel: int
    side: int  # pixels a side of what comes out


def network_size(model: Config, input_shape: tuple[int, ...], classes: int) -> NetworkSize:
    """Return the size of a network of `unlearning.networks.models`.

    Parameters
    ----------
    model : ``{"name": ..., <the architecture's own keywords>}``
    input_shape : (channels, height, width), height and width equal; (context,) of sequences
    classes : number of classes
    """
    if model["name"] == "transformer":
        return _transformer(model, input_shape[0], classes)
    if model["name"] == "ngram":
        seen, hidden = model["size"] * model["width"], model["hidden"]
        products = (seen + classes) * hidden
        numbers = products + classes * model["width"] + hidden + classes
        each = 2 * seen + 2 * hidden + classes
        return NetworkSize(input_shape[0] * products, numbers, input_shape[0] * each)
    channels, side, _ = input_shape
    if model["name"] == "mlp":
        pixels, hidden = channels * side * side, model["hidden"]
        products = pixels * hidden + hidden * classes
        return NetworkSize(products, products + hidden + classes, pixels + 2 * hidden + classes)
    if model["name"] == "resnet18":
        layers, bias = _resnet18(model["width"], channels, side), classes
    else:
        layers, bias = _resnet9(model["width"], channels, side), 0
    weights = [layer.inputs * layer.outputs * layer.kernel**2 for layer in layers]
    last = layers[-1].outputs * classes
    products = last + sum(w * layer.side**2 for w, layer in zip(weights, layers, strict=True))
    statistics = sum(4 * layer.outputs for layer in layers)
    # What a convolution, its BatchNorm and its ReLU each keep.
    activations = sum(3 * layer.outputs * layer.side**2 for layer in layers)
    return NetworkSize(products, sum(weights) + statistics + last + bias, activations)


def _transformer(model: Config, context: int, classes: int) -> NetworkSize:
    width, layers = model["width"], model["layers"]
    # Queries, keys, values and what is given back; the perceptron of twice the width, both ways.
    products = layers * 8 * width**2 + width * classes
    numbers = products + layers * (11 * width) + 2 * width + classes
    numbers += (classes + context) * width
    attended = layers * 2 * context * width  # scores and what they weigh, of each token
    kept = layers * (17 * width + 3 * model["heads"] * context) + 4 * width + 3 * classes
    return NetworkSize(context * (products + attended), numbers, context * kept)


def _halved(side: int) -> int:
    return (side - 1) // 2 + 1


def _resnet9(width: float, channels: int, side: int) -> list[Convolution]:
    narrow, middle, wide = (max(1, round(width * features)) for features in (64, 128, 256))
    half = _halved(side)
    quarter = half // 2
    return [
        Convolution(channels, narrow, 3, side),
        Convolution(narrow, middle, 5, half),
        *[Convolution(middle, middle, 3, half)] * 2,
        Convolution(middle, wide, 3, half),
        *[Convolution(wide, wide, 3, quarter)] * 2,
        Convolution(wide, middle, 3, quarter - 2),
    ]


def _resnet18(width: float, channels: int, side: int) -> list[Convolution]:
    features = [max(1, round(width * channels)) for channels in (64, 128, 256, 512)]
    layers = [Convolution(channels, features[0], 7, _halved(side))]
    side, inputs = _halved(_halved(side)), features[0]
    for stage, outputs in enumerate(features):
        if stage:
            side = _halved(side)
        if stage or inputs != outputs:
            layers.append(Convolution(inputs, outputs, 1, side))
        layers += [Convolution(inputs, outputs, 3, side)]
        layers += [Convolution(outputs, outputs, 3, side)] * 3
        inputs = outputs
    return layers
