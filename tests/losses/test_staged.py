"""FSP, AB, FT and ReviewKD of the library: values and gradients, and numbers worked by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import kdgraph
from tests.oracles.answers import Network, wave
from tests.references import staged

X = torch.zeros(2, 1, 2, 2, dtype=torch.float64)


def compiled(loss: str, teacher: dict[str, Tensor], student: dict[str, Tensor], where: str = ""):
    models = {"teacher": Network(**teacher), "student": Network(**student)}
    return kdgraph.compile(f"loss: {loss}\n{where}", models=models, sample=X), models["student"]


def maps(a: float, b: float, channels: int, side: int) -> Tensor:
    return wave((2, channels, side, side), a, b, 1.5)


CASES: dict[str, tuple[str, Callable[..., Tensor], list[Tensor], list[Tensor]]] = {
    "fsp, the second layer smaller": (
        "fsp(teacher.a, teacher.b, student.a, student.b)",
        staged.fsp,
        [maps(0.5, 0.3, 3, 4), maps(0.8, 0.2, 2, 2)],
        [maps(0.7, 0.1, 3, 4), maps(0.4, 0.6, 2, 2)],
    ),
    "ab": ("ab(teacher.a, student.a)", staged.ab, [maps(0.5, 0.3, 3, 4)], [maps(0.7, 0.1, 3, 4)]),
    "ab, another margin": (
        "ab(teacher.a, student.a, m=0.4)",
        lambda t, s: staged.ab(t, s, 0.4),
        [maps(0.5, 0.3, 3, 4)],
        [maps(0.7, 0.1, 3, 4)],
    ),
    "ft, the student's map larger": (
        "ft(teacher.a, student.a)",
        staged.ft,
        [maps(0.5, 0.3, 3, 2)],
        [maps(0.7, 0.1, 4, 4)],
    ),
    **{
        f"hcl of {side} cells": (
            "hcl(teacher.a, student.a)",
            staged.hcl,
            [maps(0.5, 0.3, 3, side)],
            [maps(0.7, 0.1, 3, side)],
        )
        for side in (1, 2, 4, 8)
    },
}


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient_are_those_of_the_reference(case):
    loss, reference, teacher, student = CASES[case]
    names = ("a", "b")[: len(teacher)]
    step, network = compiled(
        loss,
        dict(zip(names, teacher, strict=True)),
        dict(zip(names, student, strict=True)),
    )
    mine = step(X).total
    mine.backward()

    own = [one.clone().requires_grad_() for one in student]
    expected = reference(*teacher, *own)
    expected.backward()

    torch.testing.assert_close(mine, expected)
    for name, one in zip(names, own, strict=True):
        torch.testing.assert_close(getattr(network, name).value.grad, one.grad)


def test_ab_of_three_neurons_worked_by_hand():
    # the teacher fires, the student is 1/2 below the margin 1:  1/4
    # the teacher does not, the student is 3 above −1:           9
    # the teacher does not, and the student is below −1:         0
    t = torch.tensor([2.0, -1.0, -1.0], dtype=torch.float64).reshape(1, 3, 1, 1)
    s = torch.tensor([0.5, 2.0, -1.5], dtype=torch.float64).reshape(1, 3, 1, 1)
    step, _ = compiled("ab(teacher.a, student.a)", {"a": t}, {"a": s})

    assert step(X[:1]).total.item() == pytest.approx(0.003 * 9.25)


def test_hcl_of_a_map_of_two_cells_a_side_worked_by_hand():
    # differences 1, 1, 1, −1: mean of squares 1; of the mean 1/2, its square 1/4, at half weight
    t = torch.zeros(1, 1, 2, 2, dtype=torch.float64)
    s = torch.tensor([[[[1.0, 1.0], [1.0, -1.0]]]], dtype=torch.float64)
    step, _ = compiled("hcl(teacher.a, student.a)", {"a": t}, {"a": s})

    assert step(X[:1]).total.item() == pytest.approx((1 + 0.5 * 0.25) / 1.5)


@pytest.mark.parametrize("deeper", [1, 2, 4])
def test_the_fusion_of_two_stages_is_that_of_the_reference(deeper):
    t, a, b = maps(0.5, 0.3, 3, 4), maps(0.7, 0.1, 2, 4), maps(0.9, 0.4, 3, deeper)
    where = "where: {f: 'fuse(student.a, student.b, 3)'}"
    step, network = compiled("mse(f, teacher.a)", {"a": t}, {"a": a, "b": b}, where)
    mine = step(X).total
    mine.backward()

    told = {name: one.detach() for name, one in step.parts.named_parameters()}
    weights = {"v": told["f.v.conv.weight"][:, :, 0, 0]}
    for gate in ("p", "q"):
        weights[gate] = told[f"f.{gate}.conv.weight"][0, :, 0, 0]
        weights[f"{gate}b"] = told[f"f.{gate}.conv.bias"][0]
    own = [one.clone().requires_grad_() for one in (a, b)]
    expected = ((staged.fused(*own, weights) - t) ** 2).mean()
    expected.backward()

    torch.testing.assert_close(mine, expected)
    torch.testing.assert_close(network.a.value.grad, own[0].grad)
    torch.testing.assert_close(network.b.value.grad, own[1].grad)
