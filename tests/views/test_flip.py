"""Flip equals mirroring image by image."""

from __future__ import annotations

import torch

from kdgraph.views.draw import Draw
from kdgraph.views.flip import flip
from kdgraph.views.site import site

EXAMPLES = torch.arange(50, 98)


def images(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def draw(rows: int = 1) -> Draw:
    return Draw(0, 0, 1, site("flip(image)"), EXAMPLES, rows)


def test_flip_equals_mirroring_each_image_whose_coin_says_so():
    image = images(48, 3, 7, 5)

    coins = (draw().uniform(1)[:, 0] < 0.5).tolist()
    one_by_one = [u.flip(-1) if coin else u for u, coin in zip(image, coins, strict=True)]

    assert torch.equal(flip(image, draw()), torch.stack(one_by_one))
    assert 0 < sum(coins) < 48


def test_flip_keeps_uint8_and_leaves_its_input_alone():
    image = images(48, 1, 4, 4)
    before = image.clone()

    assert flip(image, draw()).dtype == torch.uint8
    assert torch.equal(image, before)


def test_p_0_never_and_p_1_always_mirrors():
    image = images(48, 3, 4, 4)

    assert torch.equal(flip(image, draw(), p=0.0), image)
    assert torch.equal(flip(image, draw(), p=1.0), image.flip(-1))


def test_p_is_the_share_that_is_mirrored():
    image = torch.tensor([[[[0, 1]]]], dtype=torch.uint8).expand(20_000, 1, 1, 2)
    many = Draw(0, 0, 1, site("flip(image)"), torch.arange(20_000))

    mirrored = flip(image, many, p=0.3)[:, 0, 0, 0].float().mean().item()

    assert abs(mirrored - 0.3) < 0.013  # four deviations


def test_rows_of_one_image_have_their_own_coins():
    image = images(48, 1, 1, 2).repeat_interleave(4, dim=0)

    coins = (flip(image, draw(4)) != image).flatten(1).any(1).view(48, 4)

    assert (coins != coins[:, :1]).any()


def test_without_a_draw_nothing_is_mirrored():
    image = images(48, 3, 4, 4)

    assert torch.equal(flip(image, None), image)
