"""Crop equals padding and cutting image by image."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import kdgraph
from kdgraph.views.crop import crop
from kdgraph.views.draw import Draw
from kdgraph.views.site import site

EXAMPLES = torch.arange(1000, 1048)
SITE = site("crop(image, pad=4)")


def images(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=generator)


def draw(examples: torch.Tensor = EXAMPLES, rows: int = 1) -> Draw:
    return Draw(3, "student", 7, SITE, examples, rows)


def one_by_one(image: torch.Tensor, corners: list[list[int]], pad: int) -> torch.Tensor:
    """Pad with NumPy and slice, one image after the other."""
    _, _, height, width = image.shape
    around = ((0, 0), (pad, pad), (pad, pad))
    cut = [
        np.pad(u, around)[:, top : top + height, left : left + width]
        for u, (top, left) in zip(image.numpy(), corners, strict=True)
    ]
    return torch.from_numpy(np.stack(cut))


@pytest.mark.parametrize(
    ("shape", "pad"), [((48, 3, 32, 32), 4), ((48, 1, 8, 8), 1), ((48, 2, 5, 9), 3)]
)
def test_crop_equals_padding_and_slicing_each_image(shape, pad):
    image = images(*shape)
    corners = draw().integers(2 * pad + 1, 2).tolist()

    cropped = crop(image, draw(), pad=pad)

    assert torch.equal(cropped, one_by_one(image, corners, pad))
    assert cropped.dtype == torch.uint8


def test_every_offset_occurs_equally_often():
    corners = draw(torch.arange(20_000)).integers(9, 2)

    counts = torch.bincount(corners[:, 0] * 9 + corners[:, 1], minlength=81)
    expected = 20_000 / 81
    assert ((counts - expected) ** 2 / expected).sum().item() < 124.8  # 80 degrees, 1 in 1000


def test_an_image_gets_the_same_crop_in_whatever_batch_it_is():
    image, order = (
        images(48, 3, 8, 8),
        torch.randperm(48, generator=torch.Generator().manual_seed(1)),
    )
    whole = crop(image, draw())

    shuffled = crop(image[order], draw(EXAMPLES[order]))
    parts = [crop(image[part], draw(EXAMPLES[part])) for part in torch.arange(48).split(7)]

    assert torch.equal(shuffled, whole[order])
    assert torch.equal(torch.cat(parts), whole)


def test_rows_of_one_image_have_their_own_windows():
    image = images(48, 3, 8, 8).repeat_interleave(3, dim=0)

    rows = crop(image, draw(rows=3)).view(48, 3, -1)

    assert (rows[:, 0] != rows[:, 1]).any()
    assert (rows[:, 1] != rows[:, 2]).any()
    assert torch.equal(rows[:, 0], crop(image[::3], draw()).flatten(1))


def test_without_a_draw_the_images_stay_as_they_are():
    image = images(48, 3, 8, 8)

    assert torch.equal(crop(image, None), image)
    assert torch.equal(crop(image, draw(), pad=0), image)


def test_a_negative_pad_is_a_diagnostic():
    text = "loss: cross_entropy(student.logits, y)\nviews:\n  x: crop(image, pad=-1)\n"

    assert [one.code for one in kdgraph.check(text)] == ["KD210"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_crops_as_the_cpu_does():
    image = images(48, 3, 32, 32)

    there = crop(image.cuda(), draw(EXAMPLES.cuda()))

    assert torch.equal(there.cpu(), crop(image, draw()))
