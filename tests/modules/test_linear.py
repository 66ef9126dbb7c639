"""Affine maps: their parameters and what they compute."""

from __future__ import annotations

import torch
from torch import nn

from kdgraph.modules.linear import linear, mlp


def test_linear_worked_by_hand():
    # (1, 2)·(3, 4) + 5 = 16
    made = linear((7, 2), 1)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[3.0, 4.0]]))
        made.bias.fill_(5.0)

    assert made(torch.tensor([[1.0, 2.0]])).item() == 16


def test_mlp_worked_by_hand():
    # relu(1·2 + 0) = 2 and relu(−1·2 + 0) = 0; then 3·2 + 4·0 + 1 = 7
    first, bend, last = made = mlp((7, 1), 2, 1)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0], [-1.0]]))
        first.bias.zero_()
        last.weight.copy_(torch.tensor([[3.0, 4.0]]))
        last.bias.fill_(1.0)

    assert isinstance(bend, nn.ReLU)
    assert made(torch.tensor([[2.0]])).item() == 7


def test_mlp_bends_between_its_maps_and_not_after_the_last():
    kinds = [type(layer) for layer in mlp((4, 8), 16, 16, 2)]

    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]


def test_mlp_of_one_width_is_linear():
    assert [type(layer) for layer in mlp((4, 8), 2)] == [nn.Linear]


def test_the_bias_can_be_left_out():
    assert linear((4, 8), 2, bias=False).bias is None


def test_it_works_on_the_last_axis_of_any_shape():
    v = torch.randn(2, 3, 5)

    assert linear(tuple(v.shape), 4)(v).shape == mlp(tuple(v.shape), 6, 4)(v).shape == (2, 3, 4)


def test_the_same_seed_draws_the_same_parameters():
    torch.manual_seed(3)
    one = linear((1, 4), 2)
    torch.manual_seed(3)
    other = linear((1, 4), 2)

    assert torch.equal(one.weight, other.weight)
    assert torch.equal(one.bias, other.bias)
