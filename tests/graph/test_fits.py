"""Layers of real networks refuse a value of another width; what takes any width is not refused."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Step
from kdgraph.models.build import build

X = torch.zeros(2, 1, 8, 8)
SUP = "loss: cross_entropy(student.logits, y) + a\nwhere:\n  a: "


def compiled(text: str) -> Step:
    models = {
        "teacher": build("convnet16", 10, channels=1),
        "student": build("convnet8", 10, channels=1),
    }
    return kdgraph.compile(SUP + text, models=models, sample=X)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mean(teacher.fc(student.features))", "takes vectors of 16, not vectors of 8"),
        ("mean(teacher.fc(student.featuresᵀ))", "takes vectors of 16, not vectors of b"),
        ("mean(teacher.conv2(student.maps[0]))", "of 4 channels, not maps of 2 channels"),
        ("mean(teacher.conv2(student.features))", "not a value with axes b, 8"),
        ("mean(teacher.bn2(student.maps[0]))", "of 8 channels, not maps of 2 channels"),
        ("mean(teacher(student.maps[0]).logits)", "takes images of one channel, not maps of 2"),
    ],
)
def test_another_width_is_told_before_anything_runs(text: str, said: str):
    with pytest.raises(RecipeError) as caught:
        compiled(text)

    assert [one.code for one in caught.value.diagnostics] == ["KD241"]
    assert said in str(caught.value).split("\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "mean(teacher.relu1(student.maps[0]))",
        "mean(teacher.fc(linear(student.features, width(teacher.features))))",
        "mean(student.fc(flatten(student.maps[-1], keep=2)ᵀ))",
        "mean(teacher(conv(student.maps[0], 1)).logits)",
        "mean(teacher(x - mean(x)).logits + student.logits)",
    ],
)
def test_what_fits_runs(text: str):
    step = compiled(text)

    assert step(X, torch.tensor([1, 3])).total.isfinite()
