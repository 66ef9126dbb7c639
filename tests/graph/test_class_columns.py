"""Labels need a column for each class, and only labels of the data are known to."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.compiler import analyse, load
from tests.golden.networks import world

NARROW = "linear(student.features, 4)"


def codes(loss, more=""):
    return [one.code for one in analyse(load(f"loss: {loss}\n{more}"), world()).mistakes]


@pytest.mark.parametrize(
    "loss",
    [f"cross_entropy({NARROW}, y)", f"nll({NARROW}, y)", f"cross_entropy({NARROW}/2, y)"],
)
def test_four_columns_for_ten_classes_are_refused(loss):
    assert codes(loss) == ["KD208"]


@pytest.mark.parametrize(
    "loss",
    [
        f"cross_entropy({NARROW}, origin(x))",
        f"cross_entropy({NARROW}, y - 6·(y > 5))",
        f"cross_entropy({NARROW}, argmax({NARROW}))",
        f"cross_entropy({NARROW}, 3) + cross_entropy(student.logits, y)",
        "cross_entropy(linear(student.features, 11), y)",
        "cross_entropy(linear(student.features, classes), y)",
        "cross_entropy(student.features @ teacher.featuresᵀ, y)",
    ],
)
def test_other_labels_and_wide_or_unknown_columns_are_not(loss):
    assert "KD208" not in codes(loss)


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 1000)
        self.aliases = {"logits": "fc", "features": "fc.input"}

    def forward(self, x):
        return self.fc(x.flatten(1))


def test_a_head_of_few_classes_on_a_network_of_many_is_trained():
    text = "loss: cross_entropy(linear(student.features, 5), y)"
    step = kdgraph.compile(text, models={"student": Wide()}, sample=torch.ones(2, 3, 2, 2))
    step(torch.ones(2, 3, 2, 2), torch.tensor([0, 4])).total.backward()

    with pytest.raises(kdgraph.RecipeError, match="KD208"):
        kdgraph.compile(
            text, models={"student": Wide()}, sample=torch.ones(2, 3, 2, 2), classes=1000
        )


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        ("exp(1000)·mean(student.logits)", ["KD406"]),
        ("mean(student.logits)^sqrt(-1)", ["KD223"]),
        ("mean(student.logits)·(-8)^3", []),
        ("mean(log(student.logits·0))", []),
        ("mean(kl(softmax(teacher.logits/sqrt(4)) ‖ softmax(student.logits)))", []),
    ],
)
def test_numbers_without_a_value_are_told_and_no_others(loss, found):
    assert codes(loss) == found
