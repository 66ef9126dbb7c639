"""Networks by name, and what is said of names that are wrong."""

from __future__ import annotations

import sys

import pytest
import torch

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.source import Source, Span
from kdgraph.models.build import build
from kdgraph.models.known import KNOWN, NAMES, find, split


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("convnet")])
def test_nets_for_digits_are_as_small_as_they_say(name: str) -> None:
    network = build(name, 10, channels=1)

    assert sum(p.numel() for p in network.parameters()) == KNOWN[name].parameters
    assert network(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_a_teacher_and_three_students_for_digits_have_the_sizes_that_were_tried() -> None:
    sizes = {name: KNOWN[name].parameters for name in NAMES if name.startswith("convnet")}

    assert sizes["convnet128"] == 94_186
    assert [sizes[f"convnet{width}"] for width in (8, 12, 16)] == [496, 1_009, 1_702]


@pytest.mark.parametrize("name", ["resnet8", "wrn_16_1", "vgg8", "MobileNetV2", "ShuffleV2"])
def test_networks_of_the_zoo_take_one_channel_and_any_number_of_classes(name: str) -> None:
    assert build(name, 7, channels=1).eval()(torch.zeros(1, 1, 32, 32)).shape == (1, 7)


@pytest.mark.parametrize("name", ["torchvision:resnet18", "timm:resnet18"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_networks_of_libraries_take_other_channels(name: str, channels: int) -> None:
    network = build(name, 7, channels=channels).eval()

    assert network(torch.zeros(1, channels, 32, 32)).shape == (1, 7)


def test_a_network_of_torchvision_keeps_the_kernels_it_drew() -> None:
    torch.manual_seed(0)
    three = build("torchvision:resnet18", 10).conv1.weight
    torch.manual_seed(0)
    five = build("torchvision:resnet18", 10, channels=5).conv1.weight

    assert torch.equal(five[:, :3], three)
    assert torch.equal(five[:, 3:], three[:, :2])


def test_googlenet_gives_logits_alone_while_it_trains() -> None:
    network = build("torchvision:googlenet", 5).train()

    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 5)


def test_a_wrong_name_is_answered_with_the_nearest_under_a_caret() -> None:
    text = "models: {student: wrn-40-2}"
    span = Span(Source("mine.yaml", text), 18, 26)
    with pytest.raises(RecipeError) as refused:
        build("wrn-40-2", 10, span=span)

    assert str(refused.value).splitlines()[:6] == [
        "error[KD640]: no network is called `wrn-40-2`",
        " --> mine.yaml:1:19",
        "  |",
        "1 | models: {student: wrn-40-2}",
        "  |                   ^^^^^^^^ not a network of the zoo",
        "  = help: did you mean `wrn_40_2`?",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("torchvison:resnet18", ("KD641", "did you mean `torchvision`?", "`timm:resnet18`")),
        ("hub:resnet18", ("KD641", "`hub`", "`torchvision:resnet18`")),
        ("torchvision:resnt18", ("KD642", "did you mean `resnet18`?", "list_models")),
        ("torchvision:fcn_resnet50", ("KD642", "no classification network")),
        ("timm:convnext_ato", ("KD642", "did you mean `convnext_atto`?")),
        ("timm:hf-hub:someone/something", ("KD642",)),
    ],
)
def test_wrong_names_of_libraries_are_refused(name: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError) as refused:
        build(name, 10)

    assert all(word in str(refused.value) for word in words)


def test_without_timm_the_answer_is_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(RecipeError) as refused:
        build("timm:resnet18", 10)

    assert "error[KD643]: `timm:resnet18` needs timm, which is not installed" in str(refused.value)
    assert "`pip install timm`" in str(refused.value)


def test_a_name_is_split_at_its_library() -> None:
    assert split("resnet20") == ("", "resnet20")
    assert split("timm:vit_tiny_patch16_224") == ("timm", "vit_tiny_patch16_224")
    assert find("resnet20").name == "resnet20"
