"""Taps of the zoo: what stands before the last ReLU, and nothing written over."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
import torch.fx
from torch import Tensor, nn

from kdgraph.models.aliases import aliases
from kdgraph.models.build import build
from kdgraph.models.known import KNOWN, NAMES
from kdgraph.models.shufflenet_v1 import shuffle
from kdgraph.models.shufflenet_v2 import BasicBlock

Run = Callable[[nn.Module, Tensor, Iterable[str]], dict[str, Tensor]]

# one of each family is enough: they share their blocks
FAMILIES = (
    "resnet14",
    "resnet8x4",
    "wrn_16_1",
    "wrn_16_2",
    "vgg8",
    "vgg13",
    "MobileNetV2",
    "ShuffleV1",
    "ShuffleV2",
    "ResNet50",
    "convnet16",
)
ENDS_WITH_RELU = [name for name in FAMILIES if name[:3] not in ("wrn", "Mob", "Shu")]


def images(name: str) -> Tensor:
    classes_and_channels = KNOWN[name].sample
    size = 8 if name.startswith("convnet") else 32
    return torch.randn(2, classes_and_channels[1], size, size)


def small(name: str) -> nn.Module:
    classes, channels = KNOWN[name].sample
    return build(name, classes, channels=channels)


@pytest.mark.parametrize("name", [*ENDS_WITH_RELU, "ShuffleV1"])
def test_the_relu_of_preact_is_the_map(name: str, tapped: Run) -> None:
    network = small(name)
    known = aliases(network)
    found = tapped(network, images(name), [*known["maps"], *known["preact"]])

    for map_, before in zip(known["maps"], known["preact"], strict=True):
        assert found[before].min() < 0
        assert torch.equal(found[before].relu(), found[map_])


@pytest.mark.parametrize("name", ["wrn_16_1", "wrn_16_2"])
def test_preact_of_a_wide_resnet_is_what_the_next_batch_norm_makes_of_the_map(
    name: str, tapped: Run
) -> None:
    network = small(name).eval()
    known = aliases(network)
    norms = [network.block2.layer[0].bn1, network.block3.layer[0].bn1, network.bn1]
    for norm in norms:
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.weight)
    found = tapped(network, images(name), [*known["maps"], *known["preact"]])

    for map_, before, norm in zip(known["maps"], known["preact"], norms, strict=True):
        assert torch.equal(norm(found[map_]), found[before])


@pytest.mark.parametrize("name", FAMILIES)
def test_running_statistics_move_once_in_a_forward_with_taps(name: str, tapped: Run) -> None:
    network = small(name).train()
    known = aliases(network)
    tapped(network, images(name), [*known["maps"], *known["preact"]])

    counts = [value.item() for key, value in network.state_dict().items() if "num_batches" in key]
    assert set(counts) == {1}


def test_maps_of_mobilenet_end_without_a_relu_and_preact_is_the_same(tapped: Run) -> None:
    network = small("MobileNetV2")
    known = aliases(network)
    found = tapped(network, images("MobileNetV2"), known["maps"])

    assert known["preact"] == known["maps"]
    assert all(found[path].min() < 0 for path in known["maps"])


def test_preact_of_shufflenet_v2_holds_the_same_channels_before_their_shuffle(tapped: Run) -> None:
    network = small("ShuffleV2")
    known = aliases(network)
    found = tapped(network, images("ShuffleV2"), [*known["maps"], *known["preact"]])

    for map_, before in zip(known["maps"], known["preact"], strict=True):
        half = found[before].shape[1] // 2
        assert found[before][:, :half].min() >= 0  # it passed by the filters
        assert found[before][:, half:].min() < 0
        assert torch.equal(shuffle(found[before].relu(), 2), found[map_])


def test_one_relu_over_both_halves_is_the_papers_block_value_and_gradients() -> None:
    """Where the half that passes is 0, so was the ReLU before it: no gradient is lost."""
    network = build("ShuffleV2", 10).double()
    x = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    ours, ours_gradients = _value_and_gradients(network, x)
    for block in network.modules():
        if isinstance(block, BasicBlock):
            block.forward = _papers_forward(block)
    theirs, their_gradients = _value_and_gradients(network, x)

    assert torch.equal(ours, theirs)
    for one, other in zip(ours_gradients, their_gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def _papers_forward(block: BasicBlock) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        half = x.shape[1] // 2
        passed, h = x[:, :half], x[:, half:]
        h = block.bn1(block.conv1(h)).relu()
        h = block.bn3(block.conv3(block.bn2(block.conv2(h)))).relu()
        out = torch.cat([passed, h], dim=1)
        b, c, height, width = out.shape
        out = out.view(b, 2, c // 2, height, width).permute(0, 2, 1, 3, 4)
        return out.reshape(b, c, height, width)

    return forward


def _value_and_gradients(network: nn.Module, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    logits = network(x)
    weights = torch.cos(torch.arange(logits.numel(), dtype=x.dtype)).view_as(logits)
    loss = (logits * weights).sum()
    return logits.detach(), torch.autograd.grad(loss, list(network.parameters()))


def test_shuffle_deals_the_channels_out_by_hand() -> None:
    # two groups of two: a1 a2 | b1 b2 becomes a1 b1 a2 b2
    x = torch.tensor([1.0, 2.0, 10.0, 20.0]).view(1, 4, 1, 1)

    assert shuffle(x, 2).flatten().tolist() == [1, 10, 2, 20]


@pytest.mark.parametrize("name", FAMILIES)
def test_no_module_works_in_place_and_each_relu_is_used_once(name: str) -> None:
    network = small(name)
    relus = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    calls = dict.fromkeys(relus, 0)
    for relu in relus:
        relu.register_forward_hook(lambda module, *_: calls.update({module: calls[module] + 1}))
    network(images(name))

    assert not any(relu.inplace for relu in relus)
    assert set(calls.values()) == {1}


@pytest.mark.parametrize("name", FAMILIES)
def test_networks_trace_and_the_trace_gives_the_same_logits(name: str) -> None:
    network = small(name).eval()
    x = images(name)

    assert torch.equal(torch.fx.symbolic_trace(network)(x), network(x))


def test_the_fourth_pool_of_vgg_waits_for_images_64_pixels_high(tapped: Run) -> None:
    network = build("vgg8", 10).eval()
    for size, sides in ((32, [16, 8, 4, 4]), (64, [32, 16, 8, 4]), (48, [24, 12, 6, 6])):
        found = tapped(network, torch.randn(1, 3, size, size), aliases(network)["maps"])
        assert [found[path].shape[-1] for path in aliases(network)["maps"]] == sides
        traced = torch.fx.symbolic_trace(network)
        assert traced(torch.randn(1, 3, size, size)).shape == (1, 10)


def test_every_network_is_listed_under_its_own_name() -> None:
    assert all(KNOWN[name].name == name for name in NAMES)
