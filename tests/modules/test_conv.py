"""Convolutions: what they compute and which sizes they make."""

from __future__ import annotations

import pytest
import torch

from kdgraph.modules.conv import conv, deconv


def test_conv_of_channels_worked_by_hand():
    # two channels of one cell: 3·1 + 4·2 + 5 = 16
    made = conv((1, 2, 1, 1), 1)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1))
        made.bias.fill_(5.0)

    assert made(torch.tensor([1.0, 2.0]).reshape(1, 2, 1, 1)).item() == 16


def test_deconv_worked_by_hand():
    # one cell of value 2 under a 4×4 kernel of ones, one row cut from each side: 2×2 of 2
    made = deconv((1, 1, 1, 1), 1, bias=False)
    torch.nn.init.ones_(made.weight)

    assert made(torch.tensor([[[[2.0]]]])).tolist() == [[[[2, 2], [2, 2]]]]


@pytest.mark.parametrize(
    ("knobs", "sides"),
    [
        ({}, (6, 9)),
        ({"k": 3}, (6, 9)),
        ({"k": 3, "stride": 2}, (3, 5)),
        ({"k": 3, "pad": 0}, (4, 7)),
        ({"k": 4}, (5, 8)),
        ({"k": 4, "stride": 2, "pad": 1}, (3, 4)),
    ],
)
def test_conv_makes_the_sizes_it_declares(knobs: dict, sides: tuple):
    v = torch.randn(2, 3, 6, 9)

    assert conv(tuple(v.shape), 5, **knobs)(v).shape == (2, 5, *sides)


@pytest.mark.parametrize(
    ("knobs", "sides"), [({}, (12, 18)), ({"k": 2, "pad": 0}, (12, 18)), ({"stride": 1}, (7, 10))]
)
def test_deconv_makes_the_sizes_it_declares(knobs: dict, sides: tuple):
    v = torch.randn(2, 3, 6, 9)

    assert deconv(tuple(v.shape), 5, **knobs)(v).shape == (2, 5, *sides)


def test_the_bias_can_be_left_out():
    assert conv((1, 2, 3, 3), 4, bias=False).bias is None
    assert deconv((1, 2, 3, 3), 4, bias=False).bias is None
