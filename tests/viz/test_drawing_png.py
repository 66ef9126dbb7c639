"""The PNG is the SVG, in our own font."""

from __future__ import annotations

import io
import re
import struct

import pytest
from PIL import Image

from kdgraph.viz.picture import Box, Picture
from kdgraph.viz.png import png
from kdgraph.viz.svg import svg


def opened(picture: Picture, scale: float = 1.0) -> Image.Image:
    return Image.open(io.BytesIO(png(picture, scale=scale))).convert("L")


def titled(words: str) -> Picture:
    return Picture("", "", (Box("a", "op", words),), ())


def test_signature_and_size_are_those_of_the_drawing_twice_as_large(icd: Picture) -> None:
    data = png(icd)
    width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)"', svg(icd))[:2])

    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">II", data, 16) == pytest.approx((2 * width, 2 * height), abs=2)


def test_it_has_ink_on_white_paper(icd: Picture) -> None:
    histogram = opened(icd).histogram()

    assert histogram[255] > 0.5 * sum(histogram)
    assert sum(histogram[:60]) > 0.005 * sum(histogram)


def test_the_total_is_filled_with_its_colour(icd: Picture) -> None:
    picture = Image.open(io.BytesIO(png(icd, scale=1.0))).convert("RGB")
    colours = {colour: count for count, colour in picture.getcolors(1 << 24) or []}

    assert colours.get((0xC2, 0x25, 0x5C), 0) > 5000


@pytest.mark.parametrize("char", "λτθΣ‖·ᵀ²×→ε@")
def test_every_letter_of_a_recipe_has_a_shape_of_its_own(char: str) -> None:
    missing = "\ue000"  # for private use: no font of ours has it

    assert opened(titled(char)).tobytes() != opened(titled(missing)).tobytes()
    assert opened(titled(char)).tobytes() != opened(titled("")).tobytes()


def test_a_picture_too_large_for_memory_is_drawn_smaller() -> None:
    boxes = tuple(Box(str(at), "op", "a box of some width") for at in range(140))

    width, height = struct.unpack_from(">II", png(Picture("", "", boxes, ()), scale=60.0), 16)

    assert width * height <= 50_000_000
