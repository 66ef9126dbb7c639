"""Weights for other classes: the head starts anew, is told, and is nobody's teacher."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from kdgraph.compiler import load
from kdgraph.experiment import examine
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.models.build import build
from kdgraph.models.weights import Head, load_weights
from kdgraph.train.cast import Cast, cast

FEATURES = "loss: cross_entropy(student.logits, y) + mse(student.features, teacher.features)"
LOGITS = "loss: cross_entropy(student.logits, y) + kd(teacher.logits, student.logits)"
APPLIED = "loss: cross_entropy(teacher.fc(student.features), y)"
DEEP = "loss: cross_entropy(student.logits, y) + mse(student.logits, teacher.fc)"


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """Weights for seven classes, of a network for colour images."""
    torch.manual_seed(0)
    file = tmp_path / "seven.safetensors"
    safetensors.torch.save_file(build("convnet8", 7).state_dict(), file)
    return file


def cast_of(recipe: str, tmp_path: Path, **weights: Path | str) -> Cast:
    setting = tmp_path / "mine.yaml"
    models = [f"  {name}: {{name: convnet8, weights: '{one}'}}" for name, one in weights.items()]
    lines = ["data: {name: synthetic, classes: 3, size: 8, channels: 3, limit: 12, test_limit: 6}"]
    setting.write_text("\n".join([*lines, "models:", *models]), encoding="utf-8")
    return cast(examine(load(recipe), str(setting)), seed=0)


def rest(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: one for name, one in network.state_dict().items() if not name.startswith("fc.")}


def test_a_student_starts_from_them_with_a_head_of_its_own_seed(
    seven: Path, tmp_path: Path
) -> None:
    made = cast_of(LOGITS, tmp_path, teacher="random", student=seven)
    student, other = made.networks["student"], made.anew(1)["student"]
    kept = safetensors.torch.load_file(seven)
    (told,) = made.told

    for network in (student, other):
        assert all(torch.equal(one, kept[name]) for name, one in rest(network).items())
        assert network.state_dict()["fc.weight"].shape[0] == 3
    assert not torch.equal(student.state_dict()["fc.weight"], other.state_dict()["fc.weight"])
    assert told.headline == "warning[KD663]: `fc` of `student` starts anew"
    assert "are for 7 classes, the data has 3" in str(told)


def test_of_a_teacher_the_features_may_be_looked_at(seven: Path, tmp_path: Path) -> None:
    made = cast_of(FEATURES, tmp_path, teacher=seven, student="random")
    kept = safetensors.torch.load_file(seven)

    assert all(torch.equal(one, kept[name]) for name, one in rest(made.networks["teacher"]).items())
    assert [one.model for one in made.told] == ["teacher"]


@pytest.mark.parametrize("recipe", [LOGITS, APPLIED, DEEP])
def test_of_a_teacher_the_head_may_not(recipe: str, seven: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="KD656") as refused:
        cast_of(recipe, tmp_path, teacher=seven, student="random")

    assert "look at its `features` and `maps` alone" in str(refused.value)


def test_nor_where_only_the_real_network_tells_that_it_is_looked_at(tmp_path: Path) -> None:
    file, setting = tmp_path / "seven.safetensors", tmp_path / "mine.yaml"
    safetensors.torch.save_file(build("timm:resnet10t", 7).state_dict(), file)
    setting.write_text(
        "data: {name: synthetic, classes: 3, size: 32, channels: 3, limit: 12, test_limit: 6}\n"
        f"models:\n  teacher: {{name: 'timm:resnet10t', weights: '{file}'}}\n  student: convnet8\n"
    )
    recipe = "loss: sup + {}\nwhere: {{sup: 'cross_entropy(student.logits, y)'}}"
    within = "Σ(f in teacher.maps) mean(teacher.logits)·mean(f)"
    with pytest.raises(RecipeError, match="KD656"):
        cast(examine(load(recipe.format(within)), str(setting)), seed=0)

    maps = recipe.format("Σ(f in teacher.maps) mean(f)·mean(student.features)")
    made = cast(examine(load(maps), str(setting)), seed=0)
    assert list(made.networks) == ["teacher", "student"]  # built, though no graph told of it


def test_another_layer_that_differs_is_a_mistake_all_the_same(seven: Path, tmp_path: Path) -> None:
    state = safetensors.torch.load_file(seven)
    name = next(one for one in state if one.endswith("weight") and state[one].ndim == 4)
    safetensors.torch.save_file(state | {name: torch.cat([state[name]] * 2)}, seven)

    with pytest.raises(RecipeError, match="KD655") as refused:
        cast_of(LOGITS, tmp_path, teacher="random", student=seven)

    assert f"`{name}` is" in str(refused.value)
    assert "`fc.weight` is 7" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "layer"),
    [("torchvision:squeezenet1_1", "classifier.1"), ("timm:convnext_atto", "head.fc")],
)
def test_the_head_of_any_network_is_the_layer_with_other_rows(
    name: str, layer: str, tmp_path: Path
) -> None:
    file = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(build(name, 7).state_dict(), file)
    asked: list[Head] = []

    def anew(head: Head) -> bool:
        asked.append(head)
        return True

    load_weights(build(name, 4), str(file), anew=anew)

    assert [(one.layer, one.found, one.classes) for one in asked] == [(layer, 7, 4)]
