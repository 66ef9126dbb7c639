"""A function of a recipe hides a word for the recipe, and never inside the library."""

from __future__ import annotations

import torch
from torch import nn

import kdgraph


def total(text):
    torch.manual_seed(0)
    models = {"teacher": nn.Linear(4, 3), "student": nn.Linear(4, 3)}
    x = torch.randn(5, 4)
    return kdgraph.compile(text, models=models, sample=x)(x, torch.arange(5) % 3).total


def test_the_library_keeps_its_words():
    plain = "loss: kd(teacher.logits ‖ student.logits)\n"
    own = f"{plain}define:\n  kl(a, b, reduce=none): 100·mse(a, b)\n  softmax(v): v\n"

    torch.testing.assert_close(total(own), total(plain))


def test_the_recipe_has_its_own():
    own = "loss: mse(teacher.logits ‖ student.logits)\ndefine:\n  mse(a, b): 2·mean((a - b)²)\n"

    torch.testing.assert_close(
        total(own), 2 * total("loss: mse(teacher.logits ‖ student.logits)\n")
    )
