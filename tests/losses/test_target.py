"""The true class and the others, worked by hand."""

from __future__ import annotations

import math

import torch

from kdgraph.losses.target import others, versus

Z = torch.tensor([[math.log(6), math.log(3), 0.0], [0.0, 1.0, 2.0]])
Y = torch.tensor([1, 0])


def test_others_are_the_columns_in_their_order_but_the_true_one():
    assert others(Z, Y).tolist() == [[Z[0, 0], Z[0, 2]], [Z[1, 1], Z[1, 2]]]


def test_versus_is_the_odds_of_the_true_class():
    # 6, 3, 1 of 10: the second has 3 of 10, the others 7
    torch.testing.assert_close(versus(Z, Y).softmax(-1)[0], torch.tensor([0.3, 0.7]))


def test_one_number_is_the_class_of_every_row():
    torch.testing.assert_close(others(Z, 2), Z[:, :2])
    torch.testing.assert_close(versus(Z, 0), versus(Z, torch.tensor([0, 0])))


def test_pixels_are_rows_too():
    z, y = torch.randn(2, 3, 5), torch.randint(0, 5, (2, 3))

    assert others(z, y).shape == (2, 3, 4)
    torch.testing.assert_close(versus(z, y)[1, 2], versus(z[1, 2:], y[1, 2:])[0])
