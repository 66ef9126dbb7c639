"""Bounds and choices, worked by hand."""

from __future__ import annotations

import pytest
import torch

from kdgraph.losses.select import clamp, max, min, where  # noqa: A004 - the words

LOW, HIGH = torch.tensor([1.0, 5.0, 3.0]), torch.tensor([2.0, 4.0, 3.0])


def test_min_worked_by_hand():
    assert min(LOW, HIGH).tolist() == [1, 4, 3]
    assert min(LOW, 3).tolist() == min(3, LOW).tolist() == [1, 3, 3]


def test_max_worked_by_hand():
    assert max(LOW, HIGH).tolist() == [2, 5, 3]
    assert max(LOW, 3).tolist() == max(3, LOW).tolist() == [3, 5, 3]


def test_clamp_worked_by_hand():
    assert clamp(LOW, low=2, high=4).tolist() == [2, 4, 3]
    assert clamp(LOW, high=2).tolist() == [1, 2, 2]
    assert clamp(LOW).tolist() == LOW.tolist()


def test_where_worked_by_hand():
    assert where(LOW > HIGH, LOW, HIGH).tolist() == [2, 5, 3]
    assert where(torch.tensor([1.0, 0.0, 2.0]), LOW, 0.0).tolist() == [1, 0, 3]


def test_plain_numbers_stay_plain():
    assert (min(2, 3), max(2, 3), clamp(5.0, high=4), where(False, 1.0, 2.0)) == (2, 3, 4, 2.0)


@pytest.mark.parametrize(("theta", "slope"), [(2.0, 4.0), (4.9, 9.8), (5.1, 0.0), (30.0, 0.0)])
def test_a_bound_stops_the_gradient_above_it_as_a_clamp_does(theta: float, slope: float):
    # d min(v², 25)/dv is 2v up to v = 5, and nothing above
    bounded, clamped = (torch.tensor(theta, requires_grad=True) for _ in range(2))

    min(bounded**2, 25).backward()
    (clamped**2).clamp(0, 25).backward()

    assert bounded.grad.item() == pytest.approx(slope)
    assert torch.equal(bounded.grad, clamped.grad)


@pytest.mark.parametrize("bound", [10, torch.tensor(10.0)])
def test_a_bound_may_be_a_number_or_a_node(bound: object):
    v = torch.tensor([3.0, 30.0], requires_grad=True)

    min(v, bound).sum().backward()

    assert v.grad.tolist() == [1, 0]


def test_a_side_that_is_not_taken_gets_no_gradient():
    a, b = LOW.clone().requires_grad_(), HIGH.clone().requires_grad_()

    where(LOW > HIGH, a, b).sum().backward()

    assert (a.grad.tolist(), b.grad.tolist()) == ([0, 1, 0], [1, 0, 1])


def test_two_equal_tensors_share_the_gradient():
    a, b = LOW.clone().requires_grad_(), HIGH.clone().requires_grad_()

    max(a, b).sum().backward()

    assert (a.grad.tolist(), b.grad.tolist()) == ([0, 1, 0.5], [1, 0, 0.5])


def test_a_nan_is_never_bounded_away():
    assert min(torch.tensor(torch.nan), 10).isnan()
    assert clamp(torch.tensor(torch.nan), low=0, high=1).isnan()


@pytest.mark.parametrize(
    "bounded",
    [
        lambda y: max(y, 0.0),
        lambda y: max(0.0, y),
        lambda y: clamp(y, low=0.0),
        lambda y: where(y >= 0, y, 0.0),
        lambda y: where(y < 0, 0.0, y),
        lambda y: min(max(y, 0.0), 2.0),
    ],
)
def test_labels_stay_whole_numbers_beside_whole_numbers(bounded):
    made = bounded(torch.tensor([2, -100, 1]))

    assert made.dtype == torch.int64
    assert made.tolist() == [2, 0, 1]


def test_labels_beside_a_fraction_are_no_labels_any_more():
    assert max(torch.tensor([2, -1]), 0.5).tolist() == [2.0, 0.5]
