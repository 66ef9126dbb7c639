"""What is known before a step runs: numbers of other images, drawn from computed tables."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step

RECIPE = """
views: {p: "image[j]", q: "image[negatives(i, 1)[:, 1]]"}
loss: near + far
where:
  j: pick(bags[i])
  near: mse(teacher(p).logits ‖ student.logits)
  far: "mean(student(q).logits²)"
stages:
  - {name: bags, compute: "neighbours(teacher.features, 3)"}
  - {name: student, trains: [student]}
"""
BAGS = torch.tensor([[(row + step) % 12 for step in (1, 2, 3)] for row in range(12)])
I = torch.tensor([3, 11, 0, 7])
Y = torch.zeros(4, dtype=torch.int64)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.flat = nn.Flatten()
        self.fc = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.flat(x))


def compiled(text: str = RECIPE, **more: object) -> Step:
    models = {"teacher": Net(), "student": Net()}
    told = {"tables": {"bags": BAGS}, "examples": 12} | more
    return kdgraph.compile(text, models=models, sample=torch.zeros(2, 1, 2, 2), **told)


def test_other_images_are_of_the_bag_and_of_anything_but_the_image_itself():
    step = compiled()
    step.clock(epoch=1)
    asked = step.asked(Y, I)

    assert set(asked) == {"j", "negatives(i, 1)[:, 1]"}
    assert ((asked["j"][:, None] == BAGS[I]).sum(1) == 1).all()
    assert (asked["negatives(i, 1)[:, 1]"] != I).all()


def test_they_are_a_function_of_epoch_and_example_not_of_the_batch():
    step = compiled()
    step.clock(epoch=2)
    whole = step.asked(Y, I)["j"]
    half = step.asked(Y[:2], I[2:])["j"]

    assert torch.equal(half, whole[2:])
    drawn = []
    for epoch in range(1, 9):
        step.clock(epoch=epoch)
        drawn.append(step.asked(Y, I)["j"])
    assert len({tuple(one.tolist()) for one in drawn}) > 4


def test_a_view_and_the_loss_that_name_one_draw_see_the_same_one():
    text = RECIPE.replace("loss: near + far", "loss: near + far + told").replace(
        "  near:", "  told: mean(j·student.logits[:, 0])\n  near:"
    )
    step = compiled(text)
    step.clock(epoch=1)
    j = step.asked(Y, I)["j"]
    x = torch.randn(4, 1, 2, 2)
    out = step({"x": x, "p": x, "q": x}, Y, I)

    said = (j * step.models["student"](x)[:, 0]).mean()
    torch.testing.assert_close(out.terms["told"], said)


def test_views_need_no_table_where_somebody_else_makes_them():
    step = compiled(tables={})
    x = torch.zeros(4, 1, 2, 2)

    assert step({"x": x, "p": x, "q": x}, Y, I).total.isfinite()
    with pytest.raises(TypeError, match="'bags'"):
        step.asked(Y, I)


def test_a_table_in_the_loss_is_taken_by_rows():
    text = RECIPE.replace(
        "loss: near + far", "loss: near + far + mean(bags[i])·student.logits[0, 0]"
    )
    text = text.replace("student.logits[0, 0]", "mean(student.logits)")
    step = compiled(text)
    x = torch.zeros(4, 1, 2, 2)
    out = step({"x": x, "p": x, "q": x}, Y, I)

    (name,) = out.terms.keys() - {"near", "far"}
    weight = out.weights[name] * out.terms[name]
    torch.testing.assert_close(weight, BAGS[I].float().mean() * step.models["student"](x).mean())


def test_a_table_that_the_loss_needs_and_nobody_gave_is_asked_for():
    text = RECIPE.replace("loss: near + far", "loss: near + mean(bags[i])·mean(student.logits)")
    step = compiled(text, tables={})
    x = torch.zeros(4, 1, 2, 2)

    with pytest.raises(TypeError, match="tables="):
        step({"x": x, "p": x}, Y, I)
