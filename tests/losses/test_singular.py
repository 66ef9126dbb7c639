"""Directions of matrices, worked by hand, and their slope near ties."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kdgraph.losses.singular import singular_vectors


def matrix(*rows: list[float]) -> Tensor:
    return torch.tensor([rows], dtype=torch.float64)


def test_directions_of_a_stretch_worked_by_hand():
    # three times as long along the second axis
    assert singular_vectors(matrix([1, 0], [0, 3]), 2)[0].tolist() == [[0, 1], [1, 0]]


def test_one_row_has_its_own_direction_with_the_sign_of_a_sum_above_nothing():
    # (3, 4)/5, also of −(3, 4); (1, −2)/√5 has a sum below 0
    for rows in ([3.0, 4.0], [-3.0, -4.0]):
        assert singular_vectors(matrix(rows), 1).flatten().tolist() == pytest.approx([0.6, 0.8])
    turned = singular_vectors(matrix([1, -2]), 1).flatten().tolist()
    assert turned == pytest.approx([-1 / 5**0.5, 2 / 5**0.5])


def test_beyond_the_rank_there_are_zeros():
    made = singular_vectors(matrix([3, 4, 0], [6, 8, 0]), 4)

    assert made.shape == (1, 3, 4)
    assert made[0, :, 0].tolist() == pytest.approx([0.6, 0.8, 0])
    assert not made[..., 1:].any()
    assert not singular_vectors(torch.zeros(2, 3, 4), 2).any()


def test_the_slope_of_a_turn_worked_by_hand():
    # of (2, e; 0, 1) the Gram matrix is (4, 2e; 2e, 1 + e²): the first direction turns by
    # 2e/(4 − 1), so the second entry of it has the slope 2/3 in e
    v = matrix([2, 0], [0, 1]).requires_grad_()

    singular_vectors(v, 1)[0, 1, 0].backward()

    torch.testing.assert_close(v.grad, matrix([0, 2 / 3], [1 / 3, 0]))


@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 3, 7), (2, 4, 4)])
def test_the_slope_is_that_of_the_singular_value_decomposition(shape: tuple[int, int, int]):
    dice = torch.Generator().manual_seed(3)
    v = torch.randn(shape, generator=dice, dtype=torch.float64).requires_grad_()
    probe = torch.randn((2, shape[2], 2), generator=dice, dtype=torch.float64)

    def told(w: Tensor) -> Tensor:
        (slope,) = torch.autograd.grad((w[..., :2] * probe).sum(), v)
        return slope

    right = torch.linalg.svd(v, full_matrices=False).Vh.mT
    right = right * torch.where(right.detach().sum(-2, keepdim=True) < 0, -1.0, 1.0)

    torch.testing.assert_close(singular_vectors(v, 2), right[..., :2])
    torch.testing.assert_close(told(singular_vectors(v, 2)), told(right))


@pytest.mark.parametrize("gap", [0.0, 1e-7, 1e-5])
def test_what_ties_turns_nothing_and_the_slope_stays_finite(gap: float):
    v = torch.diag(torch.tensor([1.0, 1.0 - gap, 0.5, 0.0, 0.0]))[None].requires_grad_()

    singular_vectors(v, 4).sum().backward()

    assert v.grad.isfinite().all()
    assert v.grad.abs().max() < 10
    assert v.grad[0, :2, :2].abs().max() < 1e-6


def test_a_direction_still_turns_to_what_a_matrix_does_not_have():
    # (1, 0) has nothing along the second axis; e along it turns the direction by e
    v = matrix([1, 0]).requires_grad_()

    singular_vectors(v, 1)[0, 1, 0].backward()

    torch.testing.assert_close(v.grad, matrix([0, 1]))
