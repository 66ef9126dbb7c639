"""Losses against the labels, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from kdgraph.losses.supervised import cross_entropy


def test_cross_entropy_of_a_coin_worked_by_hand():
    # guess (3/4, 1/4); the truth is class 1 once and class 0 once:  (ln 4 + ln 4/3) / 2
    guess = torch.tensor([[math.log(3), 0.0], [math.log(3), 0.0]])

    value = cross_entropy(guess, torch.tensor([1, 0]))

    assert value.item() == pytest.approx((math.log(4) + math.log(4 / 3)) / 2)


def test_smoothing_spreads_its_share_over_all_classes():
    # guess (3/4, 1/4), truth 0, ε = 0.2:  0.8·ln 4/3 + 0.2·(ln 4/3 + ln 4)/2
    guess = torch.tensor([[math.log(3), 0.0]])

    value = cross_entropy(guess, torch.tensor([0]), smoothing=0.2)

    by_hand = 0.8 * math.log(4 / 3) + 0.1 * (math.log(4 / 3) + math.log(4))
    assert value.item() == pytest.approx(by_hand)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("ours", "theirs"), [("rows", "mean"), ("sum", "sum"), ("none", "none")])
def test_it_equals_the_one_of_pytorch(ours: str, theirs: str, smoothing: float):
    guess, truth = torch.randn(6, 5).double(), torch.tensor([0, 4, 2, 1, 1, 3])

    value = cross_entropy(guess, truth, reduce=ours, smoothing=smoothing)

    expected = F.cross_entropy(guess, truth, reduction=theirs, label_smoothing=smoothing)
    torch.testing.assert_close(value, expected)


def test_only_the_rows_that_count_are_averaged():
    # rows cost ln 2, ln 3-like 0 and ln 2; the middle one doesn't count
    guess = torch.tensor([[0.0, 0.0], [9.0, -9.0], [1.0, 1.0]])

    value = cross_entropy(guess, torch.tensor([0, 1, 1]), rows=torch.tensor([1, 0, 1]))

    assert value.item() == pytest.approx(math.log(2))


def test_one_class_for_every_row_is_given_as_a_number():
    guess = torch.randn(3, 4)

    torch.testing.assert_close(
        cross_entropy(guess, 2), cross_entropy(guess, torch.tensor([2, 2, 2]))
    )


def test_pixels_are_rows():
    guess, truth = torch.randn(2, 3, 5), torch.tensor([[0, 4, 2], [1, 1, 3]])

    flat = cross_entropy(guess.flatten(0, 1), truth.flatten())

    torch.testing.assert_close(cross_entropy(guess, truth), flat)


def test_an_impossible_class_that_is_not_the_truth_costs_nothing():
    guess = torch.tensor([[0.0, -torch.inf]], requires_grad=True)

    value = cross_entropy(guess, torch.tensor([0]))
    value.backward()

    assert value.item() == 0
    assert guess.grad.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("reduce", ["rows", "sum", "none"])
def test_the_label_of_a_masked_row_is_never_looked_up(reduce: str):
    # −100 names no class; the masked row, which is infinite besides, gets no gradient
    guess = torch.tensor([[0.0, math.log(3)], [torch.inf, 0.0], [0.0, 0.0]], requires_grad=True)
    truth = torch.tensor([1, -100, 0])

    value = cross_entropy(guess, truth, rows=truth >= 0, reduce=reduce)
    value.sum().backward()

    each = [math.log(4 / 3), 0.0, math.log(2)]
    expected = {"rows": [sum(each) / 2], "sum": [sum(each)], "none": each}[reduce]
    assert value.reshape(-1).tolist() == pytest.approx(expected)
    by_hand = torch.tensor([[0.25, -0.25], [0.0, 0.0], [-0.5, 0.5]])
    torch.testing.assert_close(guess.grad, by_hand / (2 if reduce == "rows" else 1))


def test_where_no_label_counts_it_is_zero_and_trains_nothing():
    guess, truth = torch.randn(2, 3, requires_grad=True), torch.tensor([-100, -100])

    value = cross_entropy(guess, truth, rows=truth >= 0)
    value.backward()

    assert value.item() == 0
    assert not guess.grad.any()
