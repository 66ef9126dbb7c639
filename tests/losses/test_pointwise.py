"""Functions of one number, worked by hand, on tensors and on plain numbers."""

from __future__ import annotations

import math

import pytest
import torch

from kdgraph.losses.activation import relu, sigmoid, softplus, tanh
from kdgraph.losses.pointwise import abs, cos, exp, log, sign, sqrt  # noqa: A004 - the words

BY_HAND = [
    (exp, math.log(3), 3.0),
    (log, math.e**2, 2.0),
    (sqrt, 9.0, 3.0),
    (abs, -2.5, 2.5),
    (sign, -2.5, -1.0),
    (sign, 0.0, 0.0),
    (cos, math.pi / 3, 0.5),
    (sigmoid, math.log(3), 0.75),  # 1/(1 + 1/3)
    (sigmoid, -1000.0, 0.0),
    (tanh, math.log(2), 0.6),  # (2 − 1/2)/(2 + 1/2)
    (relu, -2.0, 0.0),
    (relu, 2.0, 2.0),
    (softplus, 0.0, math.log(2)),
    (softplus, 1000.0, 1000.0),
    (softplus, -1000.0, 0.0),
]


@pytest.mark.parametrize(("word", "v", "by_hand"), BY_HAND)
def test_one_number_worked_by_hand(word, v: float, by_hand: float):
    made = word(torch.tensor([v], dtype=torch.float64))

    assert made.tolist() == pytest.approx([by_hand])


@pytest.mark.parametrize(("word", "v", "by_hand"), BY_HAND)
def test_a_plain_number_stays_one(word, v: float, by_hand: float):
    made = word(v)

    assert isinstance(made, float)
    assert made == pytest.approx(by_hand)


@pytest.mark.parametrize("word", [abs, relu, sign])
def test_the_slope_at_a_kink_is_nothing(word):
    v = torch.zeros(1, requires_grad=True)

    word(v).backward()

    assert v.grad.item() == 0
