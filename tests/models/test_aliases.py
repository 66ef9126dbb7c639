"""Aliases of networks that others wrote, against what the taps really hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdgraph.models.aliases import aliases
from kdgraph.models.build import build

Run = Callable[[nn.Module, Tensor, Iterable[str]], dict[str, Tensor]]

# side of the image, channels of the maps, whether there is a tap before the last ReLU
CONVOLUTIONAL = {
    "torchvision:resnet18": (32, (64, 128, 256, 512), True),
    "torchvision:resnext50_32x4d": (32, (256, 512, 1024, 2048), True),
    "torchvision:regnet_x_400mf": (32, (32, 64, 160, 400), True),
    "torchvision:vgg11_bn": (32, (128, 256, 512, 512), True),
    "torchvision:mobilenet_v2": (32, (16, 24, 32, 96, 320), False),
    "torchvision:mobilenet_v3_small": (32, (16, 24, 48, 96), False),
    "torchvision:shufflenet_v2_x0_5": (32, (48, 96, 192), False),
    "torchvision:densenet121": (32, (256, 512, 1024, 1024), False),
    "torchvision:efficientnet_b0": (32, (16, 24, 40, 112, 320), False),
    "torchvision:convnext_tiny": (32, (96, 192, 384, 768), False),
    "timm:resnet18": (32, (64, 128, 256, 512), True),
    "timm:resnet26": (32, (256, 512, 1024, 2048), True),
    "timm:regnetx_002": (32, (24, 56, 152, 368), True),
    "timm:convnext_atto": (32, (40, 80, 160, 320), False),
    "timm:efficientnet_b0": (32, (16, 24, 40, 112, 320), False),
    "timm:mobilenetv3_small_050": (32, (8, 16, 24, 288), False),
    "timm:densenet121": (32, (256, 512, 1024, 1024), False),
}
OF_TOKENS = {
    "torchvision:swin_t": 32,
    "timm:vit_tiny_patch16_224": 224,
    "timm:swin_tiny_patch4_window7_224": 224,
    "timm:mixer_s32_224": 224,
}


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_aliases_of_convolutional_networks_hold_what_they_say(name: str, tapped: Run) -> None:
    side, widths, ends_with_relu = CONVOLUTIONAL[name]
    network = build(name, 10).eval()
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            nn.init.ones_(norm.weight)  # timm starts the last of a block at 0
    known = aliases(network)
    maps, preact = known["maps"], known.get("preact", ())
    found = tapped(
        network, torch.randn(2, 3, side, side), [known["features"], known["stem"], *maps, *preact]
    )
    sides = [found[path].shape[-1] for path in maps]

    check_features(network, found, known["features"])
    assert tuple(found[path].shape[1] for path in maps) == widths
    assert sides == sorted(sides, reverse=True)
    assert found[known["stem"]].ndim == 4
    assert known["stem"] not in maps
    assert len(preact) == (len(maps) if ends_with_relu else 0)
    for map_, before in zip(maps, preact, strict=False):
        assert found[before].min() < 0
        assert torch.equal(found[before].relu(), found[map_])


@pytest.mark.parametrize("name", OF_TOKENS)
def test_networks_of_tokens_have_features_and_a_stem_but_no_maps(name: str, tapped: Run) -> None:
    network = build(name, 10).eval()
    side = OF_TOKENS[name]
    known = aliases(network)
    found = tapped(network, torch.randn(2, 3, side, side), [known["features"], known["stem"]])

    check_features(network, found, known["features"])
    assert set(known) == {"logits", "features", "stem"}
    assert found[known["stem"]].ndim == 4


def check_features(network: nn.Module, found: dict[str, Tensor], path: str) -> None:
    """The classifier makes the logits of them, and of nothing else."""
    classifier = network.get_submodule(path.removesuffix(".input"))
    logits = F.linear(found[path], classifier.weight, classifier.bias)

    assert found[path].ndim == 2
    torch.testing.assert_close(logits, found[""])


def test_a_network_with_two_classifiers_has_no_features() -> None:
    assert "features" not in aliases(build("timm:deit_tiny_distilled_patch16_224", 10))


def test_a_network_whose_classifier_is_a_convolution_has_no_features() -> None:
    assert set(aliases(build("torchvision:squeezenet1_1", 10))) == {"logits", "stem", "maps"}


def test_of_any_network_the_last_linear_layer_is_taken() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))

    assert aliases(network) == {"logits": "", "features": "3.input"}


def test_a_network_without_linear_layers_has_only_logits() -> None:
    assert aliases(nn.Conv2d(3, 4, 1)) == {"logits": ""}


def test_a_network_may_speak_for_itself() -> None:
    network = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    object.__setattr__(network, "aliases", {"logits": "", "features": "0"})

    assert aliases(network) == {"logits": "", "features": "0"}


def test_a_class_that_extends_a_known_one_keeps_its_aliases() -> None:
    resnet = build("torchvision:resnet18", 10)

    class Mine(type(resnet)):
        pass

    resnet.__class__ = Mine
    assert aliases(resnet)["maps"] == ("layer1", "layer2", "layer3", "layer4")
