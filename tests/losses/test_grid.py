"""Cells, patches and averages of a map, worked by hand."""

from __future__ import annotations

import torch

from kdgraph.losses.grid import avgpool, cells, patches

MAP = torch.arange(32.0).reshape(1, 2, 4, 4)
"""two channels: 0 to 15, and 16 to 31"""


def test_cells_are_rows_from_left_to_right_then_downwards():
    found = cells(MAP, 2, 2)

    assert found.shape == (4, 2, 2, 2)
    assert found[0].tolist() == [[[0, 1], [4, 5]], [[16, 17], [20, 21]]]
    assert found[1, 0].tolist() == [[2, 3], [6, 7]]
    assert found[2, 0].tolist() == [[8, 9], [12, 13]]


def test_the_cells_of_one_image_follow_one_another():
    both = cells(torch.cat([MAP, -MAP]), 2, 1)

    assert torch.equal(both[:2], cells(MAP, 2, 1))
    assert torch.equal(both[2:], cells(-MAP, 2, 1))


def test_patches_lie_on_one_another_all_channels_of_one_before_the_next():
    found = patches(MAP, 2, 2)

    assert found.shape == (1, 8, 2, 2)
    assert found[0, :3, 0, 0].tolist() == [0, 16, 2]
    assert found[0, 1].tolist() == [[16, 17], [20, 21]]


def test_cells_and_patches_are_one_cut():
    v = torch.randn(3, 5, 4, 6)

    assert torch.equal(patches(v, 2, 3).reshape(18, 5, 2, 2), cells(v, 2, 3))


def test_what_is_left_over_at_the_edge_is_left_out():
    v = torch.randn(2, 3, 5, 7)

    assert torch.equal(cells(v, 2, 2), cells(v[..., :4, :6], 2, 2))
    assert torch.equal(patches(v, 2, 2), patches(v[..., :4, :6], 2, 2))
    assert torch.equal(avgpool(v, 2), avgpool(v[..., :4, :6], 2))


def test_avgpool_worked_by_hand():
    # (0+1+4+5)/4 and so on
    assert avgpool(MAP, 2)[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
