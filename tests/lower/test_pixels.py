"""Stored pixels are bytes; a loss that computes with them gets numbers from 0 to 1."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch

import kdgraph
from kdgraph.models.build import build

RECIPE = """
loss: cross_entropy(student.logits, y) + term
views: {x: image, other: "crop(image, pad=1)"}
where: {term: TERM, θ: learn(1.0)}
"""


class Dark(torch.nn.Module):
    """A network that takes bytes."""

    aliases: ClassVar = {"logits": "", "features": "inner.fc.input"}

    def __init__(self) -> None:
        super().__init__()
        self.inner = build("convnet8", 4, channels=1)

    def forward(self, x):
        return self.inner(x.float() / 255)


@pytest.mark.parametrize(
    ("term", "number"),
    [
        ("mean(θ·(x - other)²)", 200**2 / 255**2),  # in bytes 10 - 210 is 56, and 56² is 64
        ("mean(θ·(x + other))", 220 / 255),
        ("0·mean(linear(flatten(x), 3)) + mean(θ·x[0])", 10 / 255),
    ],
)
def test_pixels_do_not_wrap_around(term, number):
    x = torch.full((3, 1, 8, 8), 10, dtype=torch.uint8)
    other = torch.full((3, 1, 8, 8), 210, dtype=torch.uint8)
    recipe = RECIPE.replace("TERM", f'"{term}"')
    step = kdgraph.compile(recipe, models={"student": Dark()}, sample=x)

    out = step({"x": x, "other": other}, torch.tensor([0, 1, 2]))

    assert out.total.item() - out.terms["cross_entropy(student.logits, y)"].item() == (
        pytest.approx(number, rel=1e-5)
    )
