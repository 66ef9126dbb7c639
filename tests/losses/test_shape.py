"""Shapes and pools, worked by hand."""

from __future__ import annotations

import torch

from kdgraph.losses.shape import channels_first, concat, flatten, onehot, pool, shrink

MAP = torch.arange(16.0).reshape(1, 1, 4, 4)


def test_flatten_worked_by_hand():
    v = torch.arange(12).reshape(2, 3, 1, 2)

    assert flatten(v).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert flatten(v, keep=2)[1].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert flatten(torch.arange(3)).tolist() == [[0], [1], [2]]


def test_concat_worked_by_hand():
    a, b = torch.tensor([[1, 2]]), torch.tensor([[3, 4], [5, 6]])

    assert concat(a, b).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert concat(b, b, over=1).tolist() == [[3, 4, 3, 4], [5, 6, 5, 6]]
    assert concat(1, torch.tensor([0.0, 1.0]), torch.tensor(0.5)).tolist() == [1, 0, 1, 0.5]


def test_pool_worked_by_hand():
    # cells of four: (0+1+4+5)/4 and so on
    assert pool(MAP, 2).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert pool(MAP, 1).item() == 7.5


def test_channels_first_worked_by_hand():
    v = torch.arange(12).reshape(1, 2, 3, 2)  # 2 rows, 3 places in each, 2 channels

    assert channels_first(v).tolist() == [[[[0, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]]


def test_shrink_worked_by_hand():
    assert shrink(MAP, torch.zeros(3, 7, 2, 2)).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert shrink(MAP, torch.zeros(1, 1, 2, 9)).shape == (1, 1, 2, 4)


def test_a_map_that_is_small_enough_comes_back_as_it_is():
    assert shrink(MAP, torch.zeros(1, 1, 4, 4)) is MAP
    assert shrink(MAP, torch.zeros(1, 1, 8, 4)) is MAP


def test_two_maps_meet_at_one_size_from_either_side():
    wide, high = torch.zeros(1, 2, 3, 8), torch.zeros(1, 5, 6, 4)

    assert shrink(wide, high).shape[2:] == shrink(high, wide).shape[2:] == (3, 4)


def test_onehot_worked_by_hand():
    assert onehot(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert onehot(torch.tensor([1]), 2).dtype == torch.float32
