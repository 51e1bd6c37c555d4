"""ResNet-18 is the usual one, at any width, alone and in a stack."""

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from unlearning.networks import models, stacking


def build(width, classes=5, seed=0):
    return models.build({"name": "resnet18", "width": width}, (3, 224, 224), classes, seed)


def stir(network, seed):
    """Draw what BatchNorm starts with as ones and zeros, so that no two layers are alike."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for name in ("weight", "bias", "running_mean", "running_var"):
                values = torch.rand(layer.num_features, generator=generator) + 0.5
                getattr(layer, name).data.copy_(values)
    return network


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_it_is_torchvisions_with_the_same_weights(mode):
    reference, network = stir(resnet18(), 0), build(1.0, classes=1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_689_512
    values = reference.state_dict().values()
    network.load_state_dict(dict(zip(network.state_dict(), values, strict=True)))
    for each in (network, reference):
        each.train(mode == "train")
    images = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network(images), reference(images))
    for found, expected in zip(network.buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(found, expected)


def test_width_multiplies_the_channels_and_any_image_size_works():
    network = build(0.25, classes=17)
    widths = [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [16] * 5 + [32] * 5 + [64] * 5 + [128] * 5
    for side in (32, 224, 225):
        assert network.eval()(torch.zeros(1, 3, side, side)).shape == (1, 17)


def test_initial_weights_keep_the_variance_of_what_flows_back():
    network = build(1.0)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            outputs, _, height, width = layer.weight.shape
            expected = (2 / (outputs * height * width)) ** 0.5
            assert layer.weight.std().item() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("side", [32, 64])
def test_a_member_of_a_stack_trains_as_the_network_alone(side):
    alone = [stir(build(0.05, seed=member), member).double().train() for member in range(3)]
    stacked = stacking.assemble(lambda member: alone[member], range(3)).double().train()
    optimizers = [torch.optim.SGD(each.parameters(), lr=0.02) for each in (stacked, *alone)]
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(3, 6, 3, side, side, generator=generator, dtype=torch.float64)
    weights = torch.rand(3, 6, 5, generator=generator, dtype=torch.float64)
    for _ in range(3):
        logits = stacked(images)
        own = torch.stack([network(images[m]) for m, network in enumerate(alone)])
        torch.testing.assert_close(logits, own)
        for optimizer in optimizers:
            optimizer.zero_grad()
        (logits * weights).sum().backward()
        (own * weights).sum().backward()
        for name, parameter in stacked.named_parameters():
            gradients = torch.stack([network.get_parameter(name).grad for network in alone])
            assert gradients.abs().amax(dim=tuple(range(1, gradients.dim()))).min() > 0
            torch.testing.assert_close(parameter.grad, gradients, rtol=1e-6, atol=1e-9)
        for optimizer in optimizers:
            optimizer.step()
    for name, buffer in stacked.named_buffers():
        torch.testing.assert_close(buffer, torch.stack([n.get_buffer(name) for n in alone]))
    own = torch.stack([network.eval()(images[m]) for m, network in enumerate(alone)])
    torch.testing.assert_close(stacked.eval()(images), own)
