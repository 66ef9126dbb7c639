"""How wide a text will be, read from the font's own tables, without a renderer."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from unicodedata import combining, east_asian_width

REGULAR = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"
BOLD = Path(__file__).with_name("fonts") / "DejaVuSans-Bold.ttf"

_MISSING = 0.6  # em of the box that stands for a glyph the font lacks


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in pixels of one line at a font size.

    Browsers without this font fall back to one that is narrower, so boxes stay wide enough.

    >>> round(text_width("λ·kd", 12), 1)
    25.5
    """
    advances = _advances(BOLD if bold else REGULAR)
    return size * sum(_em(char, advances) for char in text)


def _em(char: str, advances: dict[int, float]) -> float:
    if combining(char):
        return 0.0
    missing = 1.0 if east_asian_width(char) in "WF" else _MISSING
    return advances.get(ord(char), missing)


@cache
def _advances(path: Path) -> dict[int, float]:
    """Code point to advance in em, from the tables `head`, `hhea`, `hmtx` and `cmap`."""
    data = path.read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    tables = {}
    for record in range(12, 12 + 16 * count, 16):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", data, record)
        tables[tag] = offset
    (unit,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
    (long_ones,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
    widths = struct.unpack_from(">" + "Hh" * long_ones, data, tables[b"hmtx"])[::2]
    return {
        point: widths[min(glyph, long_ones - 1)] / unit
        for point, glyph in _glyphs(data, tables[b"cmap"]).items()
    }


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """Code point to glyph, from the first segmented table (format 4) of `cmap`."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    starts = (struct.unpack_from(">HHL", data, cmap + 4 + 8 * k)[2] for k in range(count))
    at = next(cmap + s for s in starts if struct.unpack_from(">H", data, cmap + s)[0] == 4)  # noqa: PLR2004 - format 4
    (twice,) = struct.unpack_from(">H", data, at + 6)
    ends, firsts, deltas, skips = (
        struct.unpack_from(f">{twice // 2}H", data, at + shift)
        for shift in (14, 16 + twice, 16 + 2 * twice, 16 + 3 * twice)
    )
    glyphs = {}
    for k, (end, first, delta, skip) in enumerate(zip(ends, firsts, deltas, skips, strict=True)):
        for point in range(first, min(end, 0xFFFE) + 1):
            glyph = point
            if skip:
                place = at + 16 + 3 * twice + 2 * k + skip + 2 * (point - first)
                (glyph,) = struct.unpack_from(">H", data, place)
            glyphs[point] = (glyph + delta) % 0x10000 if glyph or not skip else 0
    return glyphs
