"""Networks that call their convolutions `features`, as torchvision's do, beside the alias."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.models.build import build

X = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 3])


class Vgg(nn.Module):
    """Rows of convolutions, a pool, a classifier."""

    def __init__(self) -> None:
        super().__init__()
        layers = (nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.Conv2d(6, 5, 3, stride=2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


def compiled(value: str, network: nn.Module) -> kdgraph.compiler.Step:
    text = f"loss: sup + a\nwhere:\n  sup: cross_entropy(student.logits, y)\n  a: {value}\n"
    return kdgraph.compile(text, models={"student": network}, sample=X).eval()


def test_a_head_on_features_is_as_wide_as_what_the_classifier_sees():
    step = compiled("mean(linear(student.features, 7))", Vgg())

    assert dict(step.named_parameters())["program.parts.a.linear.weight"].shape == (7, 5)


@pytest.mark.parametrize("recipe", ["icd", "crd"])
@pytest.mark.parametrize("name", ["torchvision:mobilenet_v3_small", "torchvision:vgg11_bn"])
def test_methods_on_features_take_networks_of_torchvision(recipe: str, name: str):
    models = {"teacher": build("resnet8", 4), "student": build(name, 4)}
    chosen = {"K": 2} if recipe == "crd" else {}
    step = kdgraph.compile(recipe, models=models, sample=X, labels=Y, set=chosen)
    step.clock(epoch=1, epochs=1)

    assert step(X, Y, torch.arange(4)).total.isfinite()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_brackets_after_it_step_into_the_module_and_take_no_rows(place: int):
    network = Vgg()
    step = compiled(f"mean(student.features[{place}]²)", network)
    expected = network.features[: place + 1](X).square().mean()

    torch.testing.assert_close(step(X, Y).terms["a"], expected)


def test_a_part_that_is_not_there_is_told_by_its_path():
    with pytest.raises(kdgraph.RecipeError, match="has no module `features\\[3\\]`"):
        compiled("mean(student.features[3])", Vgg())


def test_without_such_a_module_brackets_take_rows():
    network = build("resnet8", 4).eval()
    step = compiled("mean(student.features[1])", network)
    pooled = network.get_submodule("layer3")
    caught: list[torch.Tensor] = []
    handle = pooled.register_forward_hook(lambda _m, _a, out: caught.append(out.mean((2, 3))))
    found = step(X, Y).terms["a"]
    handle.remove()

    torch.testing.assert_close(found, caught[0][1].mean())
