"""The ImageNet setting on a folder of a few images: the papers' pair, and timm's networks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.train.cast import cast, normalised
from tests.end_to_end.command import Here

CLASSES = ("n01440764", "n01443537", "n02102040")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images to learn from and six to be tested on, of several sizes."""
    dice = np.random.default_rng(0)
    for part, count in (("train", 4), ("val", 2)):
        for name in CLASSES:
            place = tmp_path / "imagenet" / part / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = dice.integers(0, 256, (*dice.integers(48, 80, 2), 3), dtype=np.uint8)
                Image.fromarray(pixels).save(place / f"{name}_{number}.JPEG")
    return tmp_path / "imagenet"


def small(folder: Path) -> dict[str, str]:
    """The setting with its classes, its sizes and its epochs made small."""
    return {
        "data.root": str(folder),
        "data.classes": "3",
        "data.size": "40",
        "data.augment": "flip(resized_crop(image, 32))",
        "models.teacher.weights": "random",
        "train.batch": "6",
        "train.epochs": "1",
    }


def test_the_pair_of_the_papers_is_trained_and_measured(
    folder: Path, here: Here, tmp_path: Path
) -> None:
    """By a recipe of two stages that runs over `preact`, which only the real networks tell of."""
    values = [word for pair in small(folder).items() for word in ("--set", "=".join(pair))]
    code, out, err = here(
        "run", "ab", "--on", "imagenet", *values, "--no-alone", "--out", tmp_path / "run"
    )
    result = json.loads((tmp_path / "run" / "result.json").read_text())

    assert code == 0, err
    assert "data: imagenet, 12 training and 6 test images of 40×40, 3 classes" in out
    assert "teacher: torchvision:resnet34 with random weights" in out
    assert "torchvision:resnet18" in json.dumps(result)
    assert (tmp_path / "run" / "student.safetensors").is_file()


def test_in_tests_a_network_sees_the_middle_of_an_image(folder: Path) -> None:
    made = cast(examine(load("kd"), "imagenet", small(folder)), seed=0)

    assert made.experiment.analysis.home_image("student") == (3, 32, 32)
    assert {type(one).__name__ for one in made.networks.values()} == {"ResNet"}


def test_each_network_is_given_pixels_by_its_own_statistics(folder: Path, tmp_path: Path) -> None:
    setting = tmp_path / "vit.yaml"
    setting.write_text(
        "extends: imagenet\nmodels:\n"
        "  teacher: {name: 'timm:convnext_atto', weights: random,"
        " mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}\n"
        "  student: {name: 'torchvision:resnet18',"
        " mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}\n"
    )
    values = {name: one for name, one in small(folder).items() if name[:6] != "models"}
    made = cast(examine(load("kd"), str(setting), values), seed=0)
    pixels = torch.full((1, 3, 2, 2), 51, dtype=torch.uint8)  # 51/255 is a fifth
    given = {name: one(pixels)[0, :, 0, 0] for name, one in normalised(made.normalisations).items()}

    torch.testing.assert_close(given["teacher"], torch.tensor([-0.6, -0.6, -0.6]))
    by_hand = [(0.2 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]
    torch.testing.assert_close(given["student"], torch.tensor(by_hand))
