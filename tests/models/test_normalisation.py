"""Weights say what they were normalised with: in a file's metadata, or a library knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.weights import load_weights
from kdgraph.normalisation import Normalisation

HALF = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def file(folder: Path, about: dict[str, str] | None) -> str:
    path = folder / "w.safetensors"
    save_file(build("convnet8", 4).state_dict(), path, metadata=about)
    return str(path)


@pytest.mark.parametrize(
    "about",
    [
        {"mean": "[0.5, 0.5, 0.5]", "std": "[0.5, 0.5, 0.5]", "format": "pt"},
        {"kdgraph": json.dumps({"model": "convnet8", "mean": [0.5] * 3, "std": [0.5] * 3})},
    ],
)
def test_the_metadata_of_a_file_says_it(tmp_path: Path, about: dict[str, str]) -> None:
    assert load_weights(build("convnet8", 4), file(tmp_path, about)) == HALF


@pytest.mark.parametrize("about", [None, {"format": "pt"}, {"kdgraph": '{"model": "convnet8"}'}])
def test_a_file_may_say_nothing(tmp_path: Path, about: dict[str, str] | None) -> None:
    assert load_weights(build("convnet8", 4), file(tmp_path, about)) is None


def test_a_checkpoint_of_torch_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(build("convnet8", 4).state_dict(), path)

    assert load_weights(build("convnet8", 4), str(path)) is None


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"mean": "[0.5, 0.5, 0.5]"}, "`std` is null, not a list of numbers"),
        ({"mean": "half", "std": "[0.5]"}, '`mean` is "half", not a list of numbers'),
        ({"mean": "[124, 116, 104]", "std": "[58, 57, 57]"}, "`mean` takes numbers from 0 to 1"),
        ({"mean": "[0.5, 0.5]", "std": "[0.5]"}, "`mean` has 2 and `std` 1 numbers"),
        ({"mean": "[NaN]", "std": "[0.5]"}, "`mean` takes numbers from 0 to 1"),
        ({"mean": "[true]", "std": "[0.5]"}, "not a list of numbers"),
    ],
)
def test_metadata_that_cannot_be_used_is_refused(
    tmp_path: Path, about: dict[str, str], reason: str
) -> None:
    with pytest.raises(RecipeError) as refused:
        load_weights(build("convnet8", 4), file(tmp_path, about))

    assert str(refused.value).startswith("error[KD660]")
    assert reason in str(refused.value)


def test_what_the_user_says_wins_over_a_file_even_over_a_wrong_one(tmp_path: Path) -> None:
    path = file(tmp_path, {"mean": "half"})

    assert load_weights(build("convnet8", 4), path, told=HALF) == HALF


def test_torchvision_knows_what_its_weights_were_normalised_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, donor = build("torchvision:resnet18", 1000), build("torchvision:resnet18", 1000)
    monkeypatch.setattr(torchvision.models, "get_model", lambda *_, **__: donor)

    assert load_weights(network, "torchvision:IMAGENET1K_V1") == Normalisation(
        (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    )


@pytest.mark.parametrize(
    ("name", "tag", "expected"),
    [
        ("resnet18", "a1_in1k", Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))),
        ("vit_tiny_patch16_224", "augreg_in21k_ft_in1k", HALF),
    ],
)
def test_timm_knows_it_for_each_of_its_weights(
    name: str, tag: str, expected: Normalisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, donor = build(f"timm:{name}", 1000), build(f"timm:{name}", 1000)
    monkeypatch.setattr(timm, "create_model", lambda *_, **__: donor)

    assert load_weights(network, f"timm:{tag}") == expected
