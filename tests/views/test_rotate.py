"""Rotations are exact, and the turns of one image stand together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.views.only import only
from kdgraph.views.rotate import rotate

IMAGE = torch.arange(5 * 2 * 4 * 4, dtype=torch.uint8).view(5, 2, 4, 4)


def test_a_quarter_turn_is_counter_clockwise():
    image = torch.tensor([[[[0, 1], [2, 3]]]], dtype=torch.uint8)

    assert rotate(image, 90).tolist() == [[[[1, 3], [0, 2]]]]


@pytest.mark.parametrize("angles", [(90,), (90, 180, 270), (0, 90, 180, 270), (-90, 360, 450)])
def test_each_row_is_turned_as_numpy_turns_it(angles):
    turned = rotate(IMAGE, *angles)

    by_numpy = [np.rot90(u, angle // 90, (1, 2)) for u in IMAGE.numpy() for angle in angles]
    assert torch.equal(turned, torch.from_numpy(np.stack(by_numpy)))
    assert turned.dtype == torch.uint8


def test_turns_of_turned_rows_stay_with_their_image():
    twice = rotate(rotate(IMAGE, 0, 180), 0, 90)

    assert torch.equal(twice.view(5, 4, 2, 4, 4)[3, 3], torch.rot90(IMAGE[3], 3, (1, 2)))


def test_only_keeps_one_row_of_each_image():
    turned = rotate(IMAGE, 0, 90, 180, 270)

    for row in range(4):
        assert torch.equal(only(turned, row, rows=4), torch.rot90(IMAGE, row, (2, 3)))


@pytest.mark.parametrize(
    ("angles", "words"),
    [
        ((45,), "45° is no quarter turn"),
        ((0, 30), "30° is no quarter turn"),
        ((), "no angle"),
    ],
)
def test_other_angles_are_refused(angles, words):
    with pytest.raises(RecipeError, match=words):
        rotate(IMAGE, *angles)


def test_images_that_are_not_square_are_refused():
    with pytest.raises(RecipeError, match="4 x 3 are not square"):
        rotate(IMAGE[..., :3], 90)


@pytest.mark.parametrize("row", [-1, 4])
def test_a_row_that_no_image_has_is_refused(row):
    with pytest.raises(RecipeError, match=f"there is no row {row} where each image has 4"):
        only(rotate(IMAGE, 0, 90, 180, 270), row, rows=4)
