"""A picture as one self-contained SVG: no script, no style sheet, no font to fetch."""

from __future__ import annotations

from kdgraph.viz.caption import Caption, caption
from kdgraph.viz.escaped import escaped
from kdgraph.viz.layout import layout
from kdgraph.viz.marks import arrow_mark, box_mark, number, weight_mark
from kdgraph.viz.palette import PAPER
from kdgraph.viz.picture import Picture

FONTS = "'DejaVu Sans', Verdana, Geneva, 'Noto Sans', sans-serif"
_MARGIN = 24.0


def svg(picture: Picture, *, captioned: bool = True) -> str:
    """The drawing; `captioned` with its title above and its legend and notes below."""
    laid = layout(picture)
    words = caption(picture, laid.width) if captioned else Caption()
    across = max(laid.width, words.width)
    width = across + 2 * _MARGIN
    height = words.head + laid.height + words.foot + (3 if words.foot else 2) * _MARGIN
    size = f'width="{number(width)}" height="{number(height)}"'
    left, top = number((width - laid.width) / 2), number(_MARGIN + words.head)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}',
        f' viewBox="0 0 {number(width)} {number(height)}" font-family="{FONTS}"',
        f' role="img" aria-label="{escaped(picture.title)}">',
        f"<title>{escaped(picture.title)}</title>",
        f"<desc>{escaped(picture.subtitle)}</desc>",
        f'<rect {size} fill="{PAPER}"/>',
        *_group("caption", _MARGIN, _MARGIN, words.above),
        f'<g transform="translate({left} {top})" text-anchor="middle" stroke-width="1.6">',
        '<g class="arrows" fill="none">',
        *(arrow_mark(curve) for curve in laid.curves),
        "</g>",
        *(weight_mark(curve.arrow, curve.label) for curve in laid.curves if curve.label),
        *(box_mark(place) for place in sorted(laid.places, key=lambda at: (at.row, at.x))),
        "</g>",
        *_group("caption", _MARGIN, height - _MARGIN - words.foot, words.below),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _group(name: str, x: float, y: float, lines: tuple[str, ...]) -> list[str]:
    if not lines:
        return []
    where = f"translate({number(x)} {number(y)})"
    return [f'<g class="{name}" transform="{where}">', *lines, "</g>"]
