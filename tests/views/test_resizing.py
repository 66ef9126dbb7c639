"""Resize, centre crop and resized crop: sizes, known values, and draws that stay put."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.views.center_crop import center_crop
from kdgraph.views.draw import Draw
from kdgraph.views.resize import resize
from kdgraph.views.resized_crop import resized_crop
from kdgraph.views.site import site

EXAMPLES = torch.arange(40)


def images(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def draw(examples: torch.Tensor = EXAMPLES) -> Draw:
    return Draw(0, 0, 1, site("resized_crop(image, 16)"), examples)


def test_resize_is_pillows_bilinear_to_one_level():
    image = images(2, 3, 20, 20)

    small = resize(image, 9)

    for row, picture in zip(small, image, strict=True):
        pillow = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((9, 9), Image.BILINEAR)
        assert np.abs(row.permute(1, 2, 0).numpy().astype(int) - np.asarray(pillow)).max() <= 1
    assert small.dtype == torch.uint8


def test_resize_to_the_same_size_changes_nothing():
    image = images(2, 3, 20, 20)

    assert torch.equal(resize(image, 20), image)


def test_the_middle_is_cut():
    image = images(2, 3, 8, 9)

    assert torch.equal(center_crop(image, 4), image[:, :, 2:6, 2:6])


def test_a_middle_larger_than_the_images_is_refused():
    with pytest.raises(RecipeError, match="10 x 10 is not inside 8 x 9"):
        center_crop(images(2, 3, 8, 9), 10)


def test_a_resized_crop_of_the_whole_image_is_the_image():
    image = images(40, 3, 16, 16)

    whole = resized_crop(image, draw(), 16, area=1.0, aspect=1.0)

    assert torch.equal(whole, image)


def test_a_resized_crop_of_a_ramp_is_a_ramp_inside_it():
    ramp = torch.arange(0, 256, 4, dtype=torch.uint8).expand(40, 1, 64, 64)

    cut = resized_crop(ramp, draw(), 16, area=0.25).float()

    steps = cut[..., 1:] - cut[..., :-1]
    assert (steps >= 0).all()
    widths = (cut[..., -1] - cut[..., 0]).mean(dim=(1, 2)) / 4 * 16 / 15 / 64
    assert widths.min() > 0.4
    assert widths.max() <= 1.01
    assert widths.std() > 0.05


def test_an_image_gets_the_same_resized_crop_in_whatever_batch_it_is():
    image = images(40, 3, 20, 20)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))

    shuffled = resized_crop(image[order], draw(EXAMPLES[order]), 16)

    assert torch.equal(shuffled, resized_crop(image, draw(), 16)[order])
    assert shuffled.dtype == torch.uint8


def test_without_a_draw_the_middle_is_cut():
    image = images(40, 3, 20, 20)

    assert torch.equal(resized_crop(image, None, 16), center_crop(image, 16))
