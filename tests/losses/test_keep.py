"""Which rows are kept, worked by hand; and what a mask does to a mean."""

from __future__ import annotations

import pytest
import torch

from kdgraph.losses.keep import keep
from kdgraph.losses.reduce import mean

# the right column is 0 throughout: ranks 0, 2, 1, 1, 2, 0
SCORES = torch.tensor([[9, 1, 2], [0, 1, 2], [1, 2, 0], [1, 0, 2], [1, 3, 2], [5, 4, 0]]).float()
TRUTH = torch.zeros(6, dtype=torch.int64)


@pytest.mark.parametrize(
    ("ratio", "rows"),
    [
        (0.0, [0, 5]),
        (0.24, [0, 5]),  # 4 · 0.24 < 1
        (0.25, [0, 2, 5]),  # rows 2 and 3 tie: the lower row
        (0.5, [0, 2, 3, 5]),
        (0.75, [0, 1, 2, 3, 5]),  # rows 1 and 4 tie
        (1.0, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_right_rows_first_then_the_best_ranked_share_of_the_wrong_ones(ratio, rows):
    assert keep(SCORES, TRUTH, ratio).nonzero().flatten().tolist() == rows


def test_only_scores_above_the_right_one_count():
    level = torch.zeros(4, 3)

    assert keep(level, torch.tensor([0, 1, 2, 0]), 0.0).tolist() == [True] * 4


def test_a_softmax_keeps_the_same_rows():
    found = [keep(one, TRUTH, 0.5).tolist() for one in (SCORES, SCORES.softmax(dim=1))]

    assert found[0] == found[1]


def test_ten_wrong_rows_and_a_tenth_keep_one():
    scores = torch.tensor([[0.0, 1.0]]).repeat(10, 1)

    assert keep(scores, torch.zeros(10, dtype=torch.int64), 0.1).sum() == 1


def test_no_row_kept_is_a_loss_of_zero_with_a_gradient_of_zero():
    v = torch.tensor([1.0, float("inf"), -2.0], requires_grad=True)
    loss = mean(v, rows=torch.zeros(3, dtype=torch.bool))
    loss.backward()

    assert loss.item() == 0.0
    assert v.grad.tolist() == [0.0, 0.0, 0.0]


def test_a_mean_over_rows_divides_by_their_count():
    v = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    rows = torch.tensor([[True, False], [True, True]])

    assert mean(v, rows=rows).item() == pytest.approx(8 / 3)
    assert mean(v, over=-1, rows=rows).tolist() == [1.0, 3.5]
