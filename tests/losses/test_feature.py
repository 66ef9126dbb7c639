"""Errors of features, worked by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from kdgraph.losses.feature import l1, mse, smooth_l1

GUESS = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
TRUTH = torch.tensor([[1.5, 2.0], [3.0, 2.0]])  # errors −1/2, 0, −3, 2


def test_mse_worked_by_hand():
    # squares 1/4, 0, 9, 4
    assert mse(GUESS, TRUTH).item() == 13.25 / 4
    assert mse(GUESS, TRUTH, reduce="rows").item() == 13.25 / 2
    assert mse(GUESS, TRUTH, reduce="sum").item() == 13.25
    assert mse(GUESS, TRUTH, reduce="none").tolist() == [0.25, 13]


def test_l1_worked_by_hand():
    # sizes 1/2, 0, 3, 2
    assert l1(GUESS, TRUTH).item() == 5.5 / 4
    assert l1(GUESS, TRUTH, reduce="none").tolist() == [0.5, 5]


def test_smooth_l1_worked_by_hand():
    # within 1: e²/2 = 1/8, 0; beyond: |e| − 1/2 = 2.5, 1.5
    assert smooth_l1(GUESS, TRUTH).item() == 4.125 / 4
    # within 2: e²/4 = 1/16, 0; from 2 on: |e| − 1 = 2, 1
    assert smooth_l1(GUESS, TRUTH, beta=2.0, reduce="sum").item() == 3.0625


@pytest.mark.parametrize("word", [mse, l1, smooth_l1])
def test_only_the_examples_that_count_are_averaged(word):
    rows = torch.tensor([False, True])

    assert word(GUESS, TRUTH, rows=rows) == word(GUESS[1:], TRUTH[1:])
    assert word(GUESS, TRUTH, rows=rows, reduce="rows") == word(
        GUESS, TRUTH, rows=rows, reduce="sum"
    )
    assert word(GUESS, TRUTH, rows=torch.zeros(2)).item() == 0


@pytest.mark.parametrize(
    ("word", "theirs"), [(mse, F.mse_loss), (l1, F.l1_loss), (smooth_l1, F.smooth_l1_loss)]
)
def test_on_maps_it_equals_the_one_of_pytorch(word, theirs):
    guess, truth = torch.randn(2, 2, 3, 4, 5).double()

    torch.testing.assert_close(word(guess, truth), theirs(guess, truth))


def test_a_vector_has_one_element_a_row():
    v = torch.tensor([1.0, 2.0])

    assert mse(v, torch.zeros(2), reduce="rows") == mse(v, torch.zeros(2)) == 2.5


@pytest.mark.parametrize("word", [mse, l1, smooth_l1])
def test_a_masked_example_that_is_infinite_gets_no_gradient(word):
    guess = torch.tensor([[1.0], [torch.inf]], requires_grad=True)

    value = word(guess, torch.zeros(2, 1), rows=torch.tensor([True, False]))
    value.backward()

    assert value.isfinite()
    assert guess.grad[1].item() == 0
    assert guess.grad[0].isfinite()
