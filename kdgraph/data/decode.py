"""One encoded image to pixels: Pillow decodes, then the shorter side is scaled and the rest cut."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kdgraph.data.files import Items
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import MixedSizes, UndecodableImage

# what Pillow's readers raise on bytes that are no image, or no longer one
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True)
class Form:
    """The shape that every decoded image has.

    Args:
        channels: 3 for colour, 1 for grey.
        height: of the result.
        width: of the result.
        fit: bring other images to this shape; else another shape is a mistake.
    """

    channels: int
    height: int
    width: int
    fit: bool

    @property
    def shape(self) -> tuple[int, int, int]:
        """(c, h, w)."""
        return self.channels, self.height, self.width


def pixels(items: Items, item: int, form: Form) -> NDArray[np.uint8]:
    """Decode one image to (c, h, w); a mistake names the file or row."""
    encoded = items.encoded(item)
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            opaque = image.convert("RGBA") if "transparency" in image.info else image
            plain = opaque.convert("L" if form.channels == 1 else "RGB")
    except BROKEN as problem:
        raise RecipeError(undecodable(items, item, problem)) from problem
    agree(items, item, form, plain.height, plain.width)
    if plain.size != (form.width, form.height):
        plain = fitted(plain, form.height, form.width)
    array = np.asarray(plain)
    return array[None] if form.channels == 1 else array.transpose(2, 0, 1)


def fitted(image: Image.Image, height: int, width: int) -> Image.Image:
    """Scale until the image covers (height, width), then keep the middle."""
    scale = max(height / image.height, width / image.width)
    tall, wide = round(image.height * scale), round(image.width * scale)
    scaled = image.resize((max(wide, width), max(tall, height)), Image.Resampling.BILINEAR)
    top, left = (scaled.height - height) // 2, (scaled.width - width) // 2
    return scaled.crop((left, top, left + width, top + height))


def agree(items: Items, item: int, form: Form, height: int, width: int) -> None:
    """Refuse an image of another size where none was asked for."""
    if form.fit or (height, width) == (form.height, form.width):
        return
    found, expected = f"{height} x {width}", f"{form.height} x {form.width}"
    raise RecipeError(MixedSizes(place=items.place(item), found=found, expected=expected))


def dimensions(items: Items, item: int) -> tuple[int, int]:
    """Height and width as the image's header says, nothing decoded."""
    encoded = items.encoded(item)
    try:
        with Image.open(io.BytesIO(encoded)) as image:
            return image.height, image.width
    except BROKEN as problem:
        raise RecipeError(undecodable(items, item, problem)) from problem


def undecodable(items: Items, item: int, problem: Exception) -> UndecodableImage:
    """The mistake of one image, in the decoder's words."""
    reason = "not an image" if "cannot identify" in str(problem) else str(problem)
    return UndecodableImage(place=items.place(item), reason=reason or type(problem).__name__)
