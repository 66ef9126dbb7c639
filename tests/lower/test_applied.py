"""A module of a network applied to another value: its axes are those that it really gives."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Step
from kdgraph.models.build import build

X, Y = torch.zeros(2, 3, 32, 32), torch.tensor([1, 3])
SUP = "loss: cross_entropy(student.logits, y) + a\nwhere:\n  a: "


def compiled(text: str) -> Step:
    models = {"teacher": build("resnet20", 10), "student": build("resnet8", 10)}
    return kdgraph.compile(SUP + text, models=models, sample=X)


@pytest.mark.parametrize(
    "text",
    [
        "mse(teacher.fc(tokens(teacher.maps[2])) ‖ student.fc(tokens(student.maps[2])))",
        "mse(teacher.layer3(pool(student.maps[1], 4)) ‖ pool(student.maps[2], 2))",
        "mse(teacher.layer3(student.maps[1]) ‖ student.maps[2])",
        "mse(teacher.bn1(pool(student.maps[0], 3)) ‖ pool(student.maps[0], 3))",
        "mean(teacher.relu(student.logits)·student.logits)",
        "mean(teacher.layer2(student(small).maps[0]))\nviews: {small: 'resize(x, 16)'}",
    ],
)
def test_the_axes_are_those_of_the_value_and_it_runs(text):
    views = {"x": X, "small": torch.zeros(2, 3, 16, 16)}
    given = views if "small" in text else X

    assert compiled(text)(given, Y).total.isfinite()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mean(teacher.layer2(student.maps[1]))", "takes axes b, 16, 32, 32, not axes b, 32, 16"),
        ("mean(teacher.layer2[0](student.maps[2]))", "`teacher.layer2.0` takes axes b, 16"),
        ("mean(teacher.layer3(student.features))", "not axes b, 64"),
        ("mean(teacher.layer1(tokens(student.maps[0])))", "`teacher.layer1` takes axes b, 16"),
    ],
)
def test_a_block_refuses_a_value_of_another_width(text, said):
    with pytest.raises(RecipeError) as caught:
        compiled(text)

    assert [one.code for one in caught.value.diagnostics] == ["KD241"]
    assert said in str(caught.value).split("\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "kl(softmax(teacher.fc(tokens(teacher.maps[2]))) ‖ softmax(student.logits))",
        "mse(teacher.layer3(pool(student.maps[1], 4)) ‖ student.maps[2])",
    ],
)
def test_what_it_gives_is_compared_as_it_is(text):
    with pytest.raises(RecipeError, match=r"KD20[16]"):
        compiled(text)
