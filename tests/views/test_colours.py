"""Grey, jitter and Lab equal what torchvision and plain formulas give, image by image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as reference

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.views.colour import luma, turned
from kdgraph.views.draw import Draw
from kdgraph.views.grey import grey
from kdgraph.views.jitter import drawn, jitter, jittered
from kdgraph.views.lab import chrominance, lab, luminance
from kdgraph.views.site import site

EXAMPLES = torch.arange(40)
CHANGES = (
    reference.adjust_brightness,
    reference.adjust_contrast,
    reference.adjust_saturation,
    reference.adjust_hue,
)
STRENGTHS = (0.8, 0.6, 0.9, 0.4)


def images(channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    made = torch.randint(0, 256, (40, channels, 8, 8), dtype=torch.uint8, generator=generator)
    made[0] = 0
    made[1] = 255
    made[2] = 77
    return made


def draw(examples: torch.Tensor = EXAMPLES) -> Draw:
    return Draw(0, 0, 1, site("jitter(image)"), examples)


def one_by_one(light: torch.Tensor, order: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    rows = []
    for row, places, by in zip(light, order.tolist(), factors.tolist(), strict=True):
        made = row
        for place in places:
            made = CHANGES[place](made, by[place])
        rows.append(made)
    return torch.stack(rows)


def test_luma_is_torchvisions_grey():
    light = images().double() / 255

    torch.testing.assert_close(luma(light), reference.rgb_to_grayscale(light))


def test_grey_is_torchvisions_up_to_its_rounding_down():
    made = grey(images(), None)
    theirs = reference.rgb_to_grayscale(images(), num_output_channels=3)

    assert (made.int() - theirs.int()).abs().max() <= 1
    assert made.shape == (40, 3, 8, 8)
    assert made.dtype == torch.uint8


def test_grey_by_chance_leaves_the_other_rows_as_they_are():
    made = grey(images(), draw(), p=0.5)
    plain = grey(images(), None)
    is_plain = [bool(torch.equal(one, two)) for one, two in zip(made, plain, strict=True)]
    untouched = [bool(torch.equal(one, two)) for one, two in zip(made, images(), strict=True)]

    assert all(one or two for one, two in zip(is_plain, untouched, strict=True))
    assert 8 < sum(is_plain) < 32
    assert torch.equal(grey(images(), None, p=0.5), images())


@pytest.mark.parametrize("hue", [-0.5, -0.31, -0.1, 0.0, 0.07, 0.25, 0.5])
def test_a_turned_hue_is_torchvisions(hue):
    light = images().float() / 255

    made = turned(light, torch.full((40, 1, 1, 1), hue))

    torch.testing.assert_close(made, reference.adjust_hue(light, hue), rtol=0, atol=2e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_jitter_is_torchvisions_with_the_same_numbers_in_the_same_order(channels):
    light = images(channels).float() / 255
    order, factors, _ = drawn(draw(), STRENGTHS, 1.0)

    made = jittered(light, order, factors)

    assert len({tuple(one) for one in order.tolist()}) > 10
    torch.testing.assert_close(made, one_by_one(light, order, factors), rtol=0, atol=5e-6)


def test_without_a_hue_all_is_exact_in_double_precision():
    light = images().double() / 255
    order, factors, _ = drawn(draw(), (0.8, 0.6, 0.9, 0.0), 1.0)
    without = [[place for place in one if place != 3] for one in order.tolist()]

    made = jittered(light, order, factors, turns=False)

    expected = one_by_one(light, torch.tensor(without), factors)
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-7)


def test_the_view_is_that_rounded_once():
    knobs = dict(zip(("brightness", "contrast", "saturation", "hue"), STRENGTHS, strict=True))
    order, factors, _ = drawn(draw(), STRENGTHS, 1.0)
    exact = one_by_one(images().float() / 255, order, factors) * 255

    made = jitter(images(), draw(), **knobs)

    assert made.dtype == torch.uint8
    assert (made - exact).abs().max() <= 0.501


def test_factors_are_spread_over_their_whole_reach_and_no_further():
    many = Draw(0, 0, 1, 7, torch.arange(4000))
    _, factors, happens = drawn(many, STRENGTHS, 0.3)

    for column, reach, middle in zip(factors.T, STRENGTHS, (1, 1, 1, 0), strict=True):
        assert (column - middle).abs().max() <= reach
        assert (column - middle).abs().max() > 0.99 * reach
        assert abs(float(column.mean()) - middle) < 0.03
    assert abs(float(happens.float().mean()) - 0.3) < 0.03


def test_a_row_is_changed_alike_wherever_it_stands():
    order = torch.randperm(40, generator=torch.Generator().manual_seed(3))
    knobs = {"brightness": 0.5, "hue": 0.2, "p": 0.7}

    mixed = jitter(images()[order], draw(EXAMPLES[order]), **knobs)

    assert torch.equal(mixed, jitter(images(), draw(), **knobs)[order])


def test_in_evaluation_nothing_is_changed():
    assert torch.equal(jitter(images(), None, brightness=0.9), images())


def test_other_channels_and_more_than_half_a_turn_are_refused():
    with pytest.raises(RecipeError, match="2 channels"):
        jitter(images(2), draw(), brightness=0.5)
    with pytest.raises(RecipeError, match="1 channels"):
        luminance(images(1))
    with pytest.raises(RecipeError, match=r"`hue` is 0\.6"):
        jitter(images(), draw(), hue=0.6)


def in_lab(pixel: tuple[float, float, float]) -> tuple[float, float, float]:
    """L*, a*, b* of one sRGB pixel, number by number."""
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in pixel)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_lab_is_the_formula_pixel_by_pixel():
    light = images()[:4].double() / 255
    made = lab(light).permute(0, 2, 3, 1).reshape(-1, 3)
    pixels = light.permute(0, 2, 3, 1).reshape(-1, 3).tolist()

    expected = torch.tensor([in_lab(tuple(one)) for one in pixels], dtype=torch.float64)
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        # Bruce Lindbloom's calculator, sRGB under D65
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 255), (32.2970, 79.1875, -107.8602)),
    ],
)
def test_known_colours(rgb, expected):
    pixel = torch.tensor(rgb, dtype=torch.uint8).view(1, 3, 1, 1)

    np.testing.assert_allclose(lab(pixel.double() / 255).flatten(), expected, atol=2e-3)
    assert luminance(pixel).item() == round(expected[0] * 2.55)
    assert chrominance(pixel).flatten().tolist() == [round(128 + v) for v in expected[1:]]


def test_light_is_one_channel_and_colour_two():
    assert luminance(images()).shape == (40, 1, 8, 8)
    assert chrominance(images()).shape == (40, 2, 8, 8)
