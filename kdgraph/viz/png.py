"""The SVG as pixels, by resvg: one wheel, no system library, and the font that ships with us."""

from __future__ import annotations

import re

from kdgraph.viz.picture import Picture
from kdgraph.viz.svg import svg
from kdgraph.viz.text_width import BOLD, REGULAR

_MOST = 48_000_000  # pixels: larger pictures are drawn at a smaller scale


def png(picture: Picture, *, scale: float = 2.0) -> bytes:
    """The picture as a PNG, `scale` pixels for one of the SVG's.

    System fonts are left out, so that the same picture gives the same bytes everywhere.
    """
    import resvg_py

    drawing = svg(picture)
    width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)"', drawing)[:2])
    scale = min(scale, (_MOST / (width * height)) ** 0.5)
    return resvg_py.svg_to_bytes(
        svg_string=drawing,
        zoom=scale,
        skip_system_fonts=True,
        font_files=[str(REGULAR), str(BOLD)],
        sans_serif_family="DejaVu Sans",
    )
