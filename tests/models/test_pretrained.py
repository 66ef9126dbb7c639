"""Weights that a library offers, with the library's server played."""

from __future__ import annotations

from collections.abc import Callable
from urllib.error import URLError

import pytest
import timm
import torch
import torchvision
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights

Make = Callable[..., nn.Module]


def refusal(name: str, classes: int, weights: str) -> str:
    with pytest.raises(RecipeError) as refused:
        load_weights(build(name, classes), weights)
    return str(refused.value)


def offline(*_: object, **__: object) -> nn.Module:
    reason = "no way out"
    raise URLError(reason)


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "ResNet18_Weights.IMAGENET1K_V1"])
def test_weights_of_torchvision_are_those_its_own_copy_gets(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build("torchvision:resnet18", 1000)
    donor = build("torchvision:resnet18", 1000)
    asked = []

    def get_model(name: str, *, weights: object) -> nn.Module:
        asked.append((name, str(weights)))
        return donor

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    load_weights(network, f"torchvision:{name}")

    assert asked == [("resnet18", "ResNet18_Weights.IMAGENET1K_V1")]
    assert torch.equal(network.conv1.weight, donor.conv1.weight)


def test_weights_of_timm_are_asked_by_their_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    network, donor = build("timm:resnet18", 1000), build("timm:resnet18", 1000)
    asked = []

    def create_model(name: str, *, pretrained: bool) -> nn.Module:
        asked.append((name, pretrained))
        return donor

    monkeypatch.setattr(timm, "create_model", create_model)
    load_weights(network, "timm:a1_in1k")

    assert asked == [("resnet18.a1_in1k", True)]
    assert torch.equal(network.conv1.weight, donor.conv1.weight)


def test_weights_for_other_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network, donor = build("torchvision:resnet18", 10), build("torchvision:resnet18", 1000)
    monkeypatch.setattr(torchvision.models, "get_model", lambda *_, **__: donor)

    with pytest.raises(RecipeError, match=r"are\s+for\s+1000\s+classes,\s+the\s+data\s+has\s+10"):
        load_weights(network, "torchvision:IMAGENET1K_V1")


def test_no_way_to_torchvisions_server_is_answered_with_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("torchvision:resnet18", 1000)
    monkeypatch.setattr(torchvision.models, "get_model", offline)
    with pytest.raises(RecipeError) as refused:
        load_weights(network, "torchvision:IMAGENET1K_V1")

    assert str(refused.value).startswith("error[KD658]:")
    assert "https://download.pytorch.org/models/resnet18" in str(refused.value)


def test_no_way_to_timms_server_is_answered_with_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = build("timm:resnet18", 1000)
    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(RecipeError, match=r"https://huggingface.co/timm/resnet18.a1_in1k"):
        load_weights(network, "timm:a1_in1k")


def test_unknown_weights_are_answered_with_the_known_ones() -> None:
    text = refusal("torchvision:resnet18", 1000, "torchvision:IMAGENET1K_V3")

    assert text.startswith("error[KD657]: torchvision has no weights `IMAGENET1K_V3`")
    assert "did you mean `IMAGENET1K_V1`?" in text
    assert "`torchvision:IMAGENET1K_V1`" in text
    assert "`timm:a1_in1k`" in refusal("timm:resnet18", 1000, "timm:a9_in1k")


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_a_librarys_weights_go_with_its_own_networks(library: str) -> None:
    text = refusal("resnet8", 10, f"{library}:IMAGENET1K_V1")

    assert text.startswith("error[KD659]:")
    assert f"write `{library}:NAME`" in text
