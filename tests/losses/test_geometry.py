"""Lengths, angles and distances, worked by hand."""

from __future__ import annotations

import pytest
import torch

from kdgraph.losses.geometry import (
    center,
    cosine,
    differences,
    distances,
    normalize,
    pair_distances,
)
from kdgraph.losses.reduce import sum as total

A = torch.tensor([[3.0, 4.0], [0.0, 2.0]])


def test_normalize_worked_by_hand():
    assert normalize(A).tolist() == [pytest.approx([0.6, 0.8]), [0, 1]]
    # columns (3, 0) and (4, 2), of length √20
    assert normalize(A, over=0).T.tolist() == [[1, 0], pytest.approx([4 / 20**0.5, 2 / 20**0.5])]


def test_center_worked_by_hand():
    assert center(A).tolist() == [[-0.5, 0.5], [-1, 1]]
    assert center(A, over=0).tolist() == [[1.5, 1], [-1.5, -1]]


def test_cosine_worked_by_hand():
    # (3, 4)·(1, 0)/5, (0, 2)·(1, 0)/2
    assert cosine(A, torch.tensor([[1.0, 0.0]])).tolist() == [pytest.approx([0.6]), [0]]
    assert cosine(A, A)[0, 1].item() == pytest.approx(0.8)


def test_row_wise_as_explained_worked_by_hand():
    # (3, 4)·(1, 0)/5 and (0, 2)·(0, 1)/2; a mean over all pairs also has 0.8 and 0
    other = torch.tensor([[1.0, 0.0], [0.0, 1.0]])

    assert total(normalize(A) * normalize(other), over=-1).tolist() == pytest.approx([0.6, 1])
    assert cosine(A, other).mean().item() == pytest.approx((0.6 + 0.8 + 0 + 1) / 4)


def test_distances_worked_by_hand():
    # (3, 4) is 5 from the origin and √13 from (0, 2), which is 2 from the origin
    made = distances(A, torch.cat([A, torch.zeros(1, 2)]))

    assert made.tolist() == [pytest.approx([0, 13**0.5, 5]), pytest.approx([13**0.5, 0, 2])]


def test_differences_worked_by_hand():
    # (3, 4) less (0, 2) is (3, 2), less the origin itself
    made = differences(A, torch.cat([A[1:], torch.zeros(1, 2)]))

    assert made.tolist() == [[[3, 2], [3, 4]], [[0, 0], [0, 2]]]


def test_the_zero_vector_stays_zero():
    assert normalize(torch.zeros(1, 3)).tolist() == [[0, 0, 0]]
    assert cosine(torch.zeros(1, 2), A).tolist() == [[0, 0]]


def test_the_length_has_the_floor_of_the_papers_and_no_sum():
    # a vector of length 1e-12 is brought to length 1, one of 1e-13 to 1/10
    v = torch.tensor([[1e-12, 0.0], [1e-13, 0.0]], dtype=torch.float64)

    assert normalize(v)[:, 0].tolist() == pytest.approx([1.0, 0.1])


def test_a_vector_is_at_exactly_nothing_from_itself_and_not_moved_there():
    v = (1000 + torch.randn(40, 7)).requires_grad_()

    made = distances(v, v)
    made.diagonal().sum().backward()

    assert not made.diagonal().any()
    assert not v.grad.any()


def test_distances_between_far_vectors_keep_their_digits():
    # the difference is taken first: (10⁶ + 1/8) − 10⁶
    a, b = torch.tensor([[1e6 + 0.125, 0.0]]), torch.tensor([[1e6, 0.0]])

    assert distances(a, b).item() == 0.125


def test_pairs_in_one_place_are_a_floor_apart_and_not_moved():
    # (0, 0) twice and (3, 4): at 5 from both, and the twins at √0.25 from one another
    v = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]], requires_grad=True)

    made = pair_distances(v, floor=0.25)
    made[0, 2].backward()

    assert made.tolist() == [[0.0, 5.0, 0.5], [5.0, 0.0, 5.0], [0.5, 5.0, 0.0]]
    assert not v.grad.any()
