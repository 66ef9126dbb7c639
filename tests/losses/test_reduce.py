"""Sums, means and lengths, worked by hand."""

from __future__ import annotations

import pytest
import torch

from kdgraph.losses.reduce import argmax, mean, norm, sum  # noqa: A004 - the words

V = torch.tensor([[1.0, 2.0, 3.0], [3.0, 4.0, 0.0]])


def test_sum_worked_by_hand():
    assert sum(V).item() == 13
    assert sum(V, over=0).tolist() == [4, 6, 3]
    assert sum(V, over=-1).tolist() == [6, 7]


def test_mean_worked_by_hand():
    assert mean(V).item() == pytest.approx(13 / 6)
    assert mean(V, over=0).tolist() == [2, 3, 1.5]
    assert mean(V, over=-1).tolist() == pytest.approx([2, 7 / 3])


def test_norm_worked_by_hand():
    # (1, 2, 3) is √14 long, (3, 4, 0) is 5; columns (1, 3), (2, 4), (3, 0)
    assert norm(V).tolist() == pytest.approx([14**0.5, 5])
    assert norm(V, over=0).tolist() == pytest.approx([10**0.5, 20**0.5, 3])


def test_argmax_worked_by_hand():
    assert argmax(V).tolist() == [2, 1]
    assert argmax(V, over=0).tolist() == [1, 1, 0]


def test_truth_values_are_counted_and_shared():
    assert sum(V > 2).item() == 3
    assert mean(V > 2).item() == 0.5


def test_a_plain_number_is_its_own_sum_and_mean():
    assert (sum(3.0), mean(3.0)) == (3.0, 3.0)


def test_the_zero_vector_is_moved_by_no_gradient():
    v = torch.zeros(1, 3, requires_grad=True)

    norm(v).sum().backward()

    assert v.grad.tolist() == [[0, 0, 0]]
