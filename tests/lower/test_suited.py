"""Networks of several precisions in one step: each computes in its own, the loss in one."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Step

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LOSS = """
loss: near + soft
where:
  near: mse(linear(student.features, 8), teacher.features)
  soft: kd(teacher.logits ‖ student.logits)
"""


def net(seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    layers = OrderedDict(conv=nn.Conv2d(3, 8, 3), pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten())
    return nn.Sequential(layers | {"fc": nn.Linear(8, 5)})


def compiled(recipe: str, teacher: nn.Module, student: nn.Module, x: Tensor = X) -> Step:
    return kdgraph.compile(recipe, models={"teacher": teacher, "student": student}, sample=x)


@pytest.mark.parametrize("low", [torch.bfloat16, torch.float16])
def test_a_teacher_of_low_precision_computes_in_it_and_the_loss_in_float32(
    low: torch.dtype,
) -> None:
    teacher, student = net(0).to(low), net(1)
    step = compiled("loss: mse(student.logits, teacher.logits)", teacher, student)
    out = step(X)
    out.total.backward()
    with torch.no_grad():
        said = teacher(X.to(low)).float()

    assert out.total.dtype == torch.float32
    torch.testing.assert_close(out.total, F.mse_loss(student(X), said))
    assert {one.grad.dtype for one in student.parameters()} == {torch.float32}
    assert {one.dtype for one in teacher.parameters()} == {low}


def test_a_student_of_low_precision_learns_in_it() -> None:
    student = net(1).bfloat16()
    compiled(LOSS, net(0), student)(X).total.backward()

    assert {one.grad.dtype for one in student.parameters()} == {torch.bfloat16}


def test_a_teacher_in_double_precision_beside_a_single_one() -> None:
    student = net(1)
    out = compiled(LOSS, net(0).double(), student)(X)
    out.total.backward()

    assert out.total.dtype == torch.float64
    assert {one.grad.dtype for one in student.parameters()} == {torch.float32}


def test_a_part_of_a_network_is_given_values_as_it_computes() -> None:
    teacher, student = net(0).bfloat16(), net(1)
    step = compiled("loss: mse(teacher.fc(student.features), teacher.logits)", teacher, student)
    out = step(X)
    out.total.backward()
    with torch.no_grad():
        seen = student.flat(student.pool(student.conv(X)))
        expected = F.mse_loss(teacher.fc(seen.bfloat16()).float(), teacher(X.bfloat16()).float())

    torch.testing.assert_close(out.total.detach(), expected)
    assert student.conv.weight.grad is not None
    assert student.conv.weight.grad.dtype == torch.float32


def test_it_compiles_as_one_graph() -> None:
    step = compiled(LOSS, net(0).bfloat16(), net(1))
    eager = step(X).total
    torch.compiler.reset()
    step.compile(fullgraph=True, backend="eager")

    torch.testing.assert_close(step(X).total, eager)


def test_an_output_that_is_no_tensor_is_told_without_a_name_that_is_empty() -> None:
    class Said(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net(0)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"logits": self.net(x)}

    with pytest.raises(RecipeError) as refused:
        compiled(LOSS, Said(), net(1))
    teacher = Said()
    object.__setattr__(teacher, "aliases", {"logits": "net", "features": "net.fc.input"})

    assert "what comes out of `Said` is a dict of 'logits', not a tensor" in str(refused.value)
    assert 'aliases = {"logits"' in str(refused.value)
    assert compiled(LOSS, teacher, net(1))(X).total == compiled(LOSS, net(0), net(1))(X).total
