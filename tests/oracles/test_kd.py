"""KD equals the numbers of the released code (RepDistiller), through the compiled recipe."""

from __future__ import annotations

import pytest
import torch

import kdgraph
from tests.oracles.stub import Stub, close, fill

Z_S, Z_T = fill((3, 4), 5, 3, 2.0), fill((3, 4), 7, 1, 2.0)
Y = torch.tensor([2, 0, 3])
X = torch.zeros(3, 1, 2, 2, dtype=torch.float64)
GRADIENT = [
    [0.063378003362, 0.052909241204, -0.058270357432, -0.058016887134],
    [-0.181258715325, 0.243553034911, 0.399060329240, -0.461354648827],
    [0.095596172453, 0.055228398058, -0.023022621558, -0.127801948953],
]


def compiled(recipe="kd", **values):
    student = Stub(torch.zeros(3, 2, dtype=torch.float64), Z_S.clone())
    teacher = Stub(torch.zeros(3, 2, dtype=torch.float64), Z_T.clone())
    models = {"teacher": teacher, "student": student}
    step = kdgraph.compile(recipe, models=models, sample=X, set=values)
    return step, student


def test_the_terms_and_the_total():
    out = compiled()[0](X, Y)

    assert close(out.terms["kd"], 3.309688758813)
    assert close(out.terms["sup"], 2.927794185451)
    assert close(out.total, 3.271499301477)


def test_the_gradient_of_the_term():
    step, student = compiled()
    step(X, Y).terms["kd"].backward()

    assert close(student.bias.grad, GRADIENT)


def test_at_temperature_one():
    assert close(compiled(T=1)[0](X, Y).terms["kd"], 1.856689346592)


def test_the_library_s_kd_is_the_same_function():
    recipe = "loss: soft\nwhere:\n  soft: kd(teacher.logits ‖ student.logits, T=4)\n"
    step, student = compiled(recipe)
    out = step(X, Y)
    out.total.backward()

    assert close(out.total, 3.309688758813)
    assert close(student.bias.grad, GRADIENT)


def test_the_paper_s_cross_entropy_form_differs_by_the_teacher_s_entropy():
    text = (
        "loss: soft\nwhere:\n  soft: -T²·mean(sum(p·log(q), over=-1))\n"
        "  p: softmax(teacher.logits/T)\n  q: softmax(student.logits/T)\n  T: 4\n"
    )
    step, student = compiled(text)
    out = step(X, Y)
    out.total.backward()

    assert close(out.total, 22.980205502615)
    assert close(student.bias.grad, GRADIENT)


@pytest.mark.parametrize(
    ("reduce", "expected"),
    [("elements", 0.827422189703), ("sum", 9.929066276438)],
)
def test_other_reductions_give_the_known_other_numbers(reduce, expected):
    term = f"T²·kl(softmax(teacher.logits/T) ‖ softmax(student.logits/T), reduce={reduce})"

    assert close(compiled(kd=term)[0](X, Y).terms["kd"], expected)
