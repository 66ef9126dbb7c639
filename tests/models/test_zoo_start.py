"""Starting weights of the zoo: spreads as the papers' code draws them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from kdgraph.models.build import build

HE = ("resnet20", "resnet8x4", "wrn_16_2", "vgg8", "MobileNetV2", "ResNet50", "convnet64")
PYTORCH = ("ShuffleV1", "ShuffleV2")


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize("name", HE)
def test_convolutions_start_normal_by_outputs_and_kernel(name: str) -> None:
    """Scaled by their own deviation, all the weights together are standard normal."""
    layers = convolutions(build(name, 100))
    scaled = torch.cat(
        [
            layer.weight.flatten() / math.sqrt(2 / (layer.kernel_size[0] ** 2 * layer.out_channels))
            for layer in layers
        ]
    )

    error = 4 / math.sqrt(2 * scaled.numel())
    assert scaled.std().item() == pytest.approx(1, abs=error)
    assert scaled.mean().item() == pytest.approx(0, abs=2 * error)
    assert scaled.pow(4).mean().item() == pytest.approx(3, rel=0.1)  # normal, not uniform
    assert all(layer.bias is None or not layer.bias.any() for layer in layers)


@pytest.mark.parametrize("name", PYTORCH)
def test_shufflenets_start_as_pytorch_starts_them(name: str) -> None:
    for layer in convolutions(build(name, 100)):
        fan_in = layer.weight[0].numel()
        assert layer.weight.abs().max().item() <= 1 / math.sqrt(fan_in) + 1e-6
        assert layer.weight.abs().max().item() > 0.8 / math.sqrt(fan_in)


@pytest.mark.parametrize("name", [*HE, *PYTORCH])
def test_batch_norms_start_at_one_and_zero(name: str) -> None:
    norms = [layer for layer in build(name, 100).modules() if isinstance(layer, nn.BatchNorm2d)]

    assert norms
    assert all(torch.equal(norm.weight, torch.ones_like(norm.weight)) for norm in norms)
    assert not any(norm.bias.any() for norm in norms)
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-5, 0.1)}


@pytest.mark.parametrize(
    ("name", "path"), [("vgg8", "classifier"), ("MobileNetV2", "classifier.0")]
)
def test_classifiers_of_vgg_and_mobilenet_start_small(name: str, path: str) -> None:
    classifier = build(name, 100).get_submodule(path)

    assert classifier.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert not classifier.bias.any()


@pytest.mark.parametrize(("name", "path"), [("resnet20", "fc"), ("ResNet50", "linear")])
def test_classifiers_of_residual_networks_start_as_pytorch_starts_them(
    name: str, path: str
) -> None:
    classifier = build(name, 100).get_submodule(path)
    bound = 1 / math.sqrt(classifier.in_features)

    assert 0.9 * bound < classifier.weight.abs().max().item() <= bound
    assert 0 < classifier.bias.abs().max().item() <= bound


def test_the_classifier_of_a_wide_resnet_starts_without_bias() -> None:
    fc = build("wrn_16_2", 100).fc

    assert not fc.bias.any()
    assert 0.9 < fc.weight.abs().max().item() * math.sqrt(fc.in_features) <= 1


def test_the_generator_decides_the_weights() -> None:
    torch.manual_seed(3)
    one = build("resnet8", 10)
    torch.manual_seed(3)
    again = build("resnet8", 10)

    assert all(map(torch.equal, one.parameters(), again.parameters()))
