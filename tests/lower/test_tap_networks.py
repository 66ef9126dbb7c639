"""Taps in networks as they are: torchvision, timm and the zoo, against plain hooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.cut import cut
from kdgraph.lower.probe import tap_shapes
from kdgraph.lower.tapped import Tapped
from kdgraph.models.build import build

X = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
vision = torchvision.models
vit = partial(
    vision.VisionTransformer,
    image_size=32,
    patch_size=8,
    num_layers=3,
    num_heads=2,
    hidden_dim=16,
    mlp_dim=32,
)

# A network, its taps, and the largest share of its parameters that may stay once it is cut.
CASES: dict[str, tuple[Callable[[], nn.Module], list[str], float]] = {
    "resnet18": (vision.resnet18, ["bn1", "layer1.0.bn2", "layer2.0.downsample"], 0.07),
    "mobilenet_v3": (
        vision.mobilenet_v3_small,
        ["features.0.1", "features.4.block.1.0"],
        0.02,
    ),
    "efficientnet": (
        vision.efficientnet_b0,
        ["features.1", "features.3.0.block.0.1"],
        0.02,
    ),
    "torchvision vit": (
        vit,
        ["encoder.layers.encoder_layer_1", "encoder.layers.encoder_layer_0.mlp"],
        0.8,
    ),
    "swin_t": (vision.swin_t, ["features.1.0.norm1", "features.2"], 0.02),
    "timm convnext": (
        partial(timm.create_model, "convnext_atto"),
        ["stem", "stages.1"],
        0.1,
    ),
    "timm efficientnet": (
        partial(timm.create_model, "efficientnet_b0"),
        ["conv_stem", "bn1", "blocks.2.0.bn1"],
        0.02,
    ),
    "timm vit": (
        partial(timm.create_model, "vit_tiny_patch16_224", img_size=32),
        ["blocks.0.norm1", "blocks.5"],
        0.6,
    ),
    "timm mobilenetv4": (
        partial(timm.create_model, "mobilenetv4_conv_small"),
        ["conv_stem", "blocks.1.0"],
        0.1,
    ),
}


def at_hooks(network: nn.Module) -> dict[str, Tensor]:
    """Copies of the outputs of every module that runs once and gives a tensor, by plain hooks."""
    seen: dict[str, list[object]] = {name: [] for name, _ in network.named_modules()}
    handles = []
    for name, module in network.named_modules():

        def keep(_: nn.Module, _args: object, output: object, name: str = name) -> None:
            copied = output.detach().clone() if isinstance(output, Tensor) else output
            seen[name].append(copied)

        handles.append(module.register_forward_hook(keep))
    with torch.no_grad():
        network(X)
    for handle in handles:
        handle.remove()
    return {
        name: values[0]
        for name, values in seen.items()
        if len(values) == 1 and isinstance(values[0], Tensor)
    }


def made(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return make().eval()


@pytest.mark.parametrize("name", CASES)
def test_every_module_of_a_network_gives_what_a_copying_hook_sees(name: str) -> None:
    network = made(CASES[name][0])
    expected = at_hooks(network)

    tapped = Tapped(network, list(expected), sample=X)
    with torch.no_grad():
        values = tapped(X)

    assert not all(tapped.catch.clone)
    for path, value in zip(expected, values, strict=True):
        assert torch.equal(value, expected[path]), path
    shapes = {path: tuple(value.shape) for path, value in expected.items()}
    assert tap_shapes(network, list(expected), X.shape) == shapes


@pytest.mark.parametrize("name", CASES)
def test_a_cut_gives_what_the_network_gives_from_fewer_parameters(name: str) -> None:
    make, paths, share = CASES[name]
    network = made(make)
    expected = at_hooks(network)

    part = cut(network, paths, X)

    assert (part.how, part.reason) == ("fx", "")
    assert part.kept < share
    with torch.no_grad():
        for path, value in zip(paths, part(X), strict=True):
            assert torch.equal(value, expected[path]), path


@pytest.mark.parametrize("name", ["resnet18", "timm efficientnet"])
def test_a_network_in_train_mode_gives_what_a_copying_hook_sees(name: str) -> None:
    network, twin = (made(CASES[name][0]).train() for _ in range(2))
    torch.manual_seed(1)
    expected = at_hooks(twin)

    torch.manual_seed(1)
    with torch.no_grad():
        values = Tapped(network, list(expected), sample=X)(X)

    for path, value in zip(expected, values, strict=True):
        assert torch.equal(value, expected[path]), path
    state = twin.state_dict()
    assert all(torch.equal(state[key], one) for key, one in network.state_dict().items())


def test_a_shared_relu_is_told_apart_from_its_block() -> None:
    network = made(vision.resnet18)

    with pytest.raises(RecipeError, match=r"`layer1\[0\]\.relu` of `ResNet` runs several times"):
        Tapped(network, ["layer1.0.relu"], sample=X)


@pytest.mark.parametrize("name", ["resnet20", "wrn_16_2", "vgg8", "ShuffleV2", "MobileNetV2"])
def test_networks_of_the_zoo_can_be_tapped_everywhere(name: str) -> None:
    network = made(partial(build, name, 10))
    expected = at_hooks(network)
    paths = list(expected)

    with torch.no_grad():
        values = Tapped(network, paths, sample=X)(X)
        middle = cut(network, [paths[len(paths) // 2]], X)

    for path, value in zip(paths, values, strict=True):
        assert torch.equal(value, expected[path]), path
    assert middle.how == "fx"
    assert torch.equal(middle(X)[0], expected[paths[len(paths) // 2]])
