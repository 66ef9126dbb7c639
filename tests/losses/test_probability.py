"""Softmaxes, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from kdgraph.losses.probability import log_softmax, softmax


def test_softmax_worked_by_hand():
    # logits ln 3, 0:  3/(3+1), 1/(3+1)
    assert softmax(torch.tensor([[math.log(3), 0.0]])).tolist() == [pytest.approx([0.75, 0.25])]


def test_log_softmax_worked_by_hand():
    # logits ln 3, 0:  ln 3/4, ln 1/4
    by_hand = [math.log(0.75), math.log(0.25)]

    assert log_softmax(torch.tensor([[math.log(3), 0.0]])).tolist() == [pytest.approx(by_hand)]


def test_another_axis_may_sum_to_one():
    v = torch.randn(3, 4)

    torch.testing.assert_close(softmax(v, over=0).sum(dim=0), torch.ones(4))
    torch.testing.assert_close(log_softmax(v, over=0), softmax(v, over=0).log())


def test_the_logarithm_does_not_underflow():
    # e⁻²⁰⁰ is 0 in single precision, its logarithm is not
    assert log_softmax(torch.tensor([0.0, 200.0])).tolist() == [-200.0, 0.0]
