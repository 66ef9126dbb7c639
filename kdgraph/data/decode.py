"""One encoded image to pixels: Pillow decodes, then the shorter side is scaled and the rest cut.

Of several frames or pages the first is taken; transparency is left out, and the rotation that a
camera has noted (EXIF) is not applied: as `torchvision.datasets.ImageFolder` has it.
"""

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
from kdgraph.lang.errors.data import MixedSizes, PixelsWithoutRange, UndecodableImage

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""the decoders that may be tried, whatever a file is called; none of them starts a program"""
BITS_PER_SAMPLE, PHOTOMETRIC, MIN_IS_WHITE = 258, 262, 0  # of TIFF
MOST = 1 << 27
"""pixels of one image while it is scaled"""

# what Pillow's readers raise on bytes that are no image, or no longer one
BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


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
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            light = eight_bits(image, items.place(item))
            opaque = light.convert("RGBA") if "transparency" in light.info else light
            plain = opaque.convert("L" if form.channels == 1 else "RGB")
    except BROKEN as problem:
        raise RecipeError(undecodable(items, item, problem)) from problem
    agree(items, item, form, plain.height, plain.width)
    if plain.size != (form.width, form.height):
        plain = fitted(plain, form.height, form.width)
    array = np.asarray(plain)
    return array[None] if form.channels == 1 else array.transpose(2, 0, 1)


def eight_bits(image: Image.Image, place: str) -> Image.Image:
    """Grey of more than 8 bits brought to 8, by its own range; any other image as it is.

    Pillow itself would cut such pixels off at 255. Colour of 16 bits it reads as 8.

    Raises:
        RecipeError: nothing says which number is white.
    """
    most = _highest(image)
    if most is None:
        if image.mode.startswith(("I", "F")):
            raise RecipeError(PixelsWithoutRange(place=place, mode=image.mode))
        return image
    levels = np.rint(np.asarray(image).clip(0, most) * (255 / most)).astype(np.uint8)
    tags = getattr(image, "tag_v2", {})
    return Image.fromarray(255 - levels if tags.get(PHOTOMETRIC) == MIN_IS_WHITE else levels)


def _highest(image: Image.Image) -> int | None:
    """The number that is white in grey of more than 8 bits; None where nothing says it."""
    if image.mode.startswith("I;16"):
        bits = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (16,))
        return int((1 << int(bits[0])) - 1)
    wide = image.mode == "I" and image.format in ("PNG", "PPM")  # scaled to 16 bits by Pillow
    return (1 << 16) - 1 if wide else None


def fitted(image: Image.Image, height: int, width: int) -> Image.Image:
    """Scale until the image covers (height, width), then keep the middle."""
    scale = max(height / image.height, width / image.width)
    tall, wide = round(image.height * scale), round(image.width * scale)
    scaled = image.resize((max(wide, width), max(tall, height)), Image.Resampling.BILINEAR)
    top, left = (scaled.height - height) // 2, (scaled.width - width) // 2
    return scaled.crop((left, top, left + width, top + height))


def agree(items: Items, item: int, form: Form, height: int, width: int) -> None:
    """Refuse an image of another size where none was asked for, and one too long to be scaled."""
    if height * width == 0 or _scaled_area(height, width, form) > MOST:
        reason = f"its {height} x {width} pixels are {'too many' if height * width else 'none'}"
        raise RecipeError(UndecodableImage(place=items.place(item), reason=reason))
    if form.fit or (height, width) == (form.height, form.width):
        return
    found, expected = f"{height} x {width}", f"{form.height} x {form.width}"
    raise RecipeError(MixedSizes(place=items.place(item), found=found, expected=expected))


def _scaled_area(height: int, width: int, form: Form) -> float:
    scale = max(form.height / height, form.width / width) if form.fit else 1
    return height * scale * width * scale


def dimensions(items: Items, item: int) -> tuple[int, int]:
    """Height and width as the image's header says, nothing decoded."""
    encoded = items.encoded(item)
    try:
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            return image.height, image.width
    except BROKEN as problem:
        raise RecipeError(undecodable(items, item, problem)) from problem


def undecodable(items: Items, item: int, problem: Exception) -> UndecodableImage:
    """The mistake of one image, in the decoder's words."""
    reason = str(problem)
    if "cannot identify" in reason:
        reason = f"not an image of a kind that is read ({', '.join(FORMATS)})"
    return UndecodableImage(place=items.place(item), reason=reason or type(problem).__name__)
