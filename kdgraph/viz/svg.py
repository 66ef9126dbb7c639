"""A picture as one self-contained SVG: no script, no style sheet, no font to fetch."""

from __future__ import annotations

from kdgraph.viz.caption import Caption, caption
from kdgraph.viz.escaped import escaped
from kdgraph.viz.layout import Layout, layout
from kdgraph.viz.marks import arrow_mark, box_mark, number, text, weight_mark
from kdgraph.viz.palette import INK, LINE, PAPER
from kdgraph.viz.picture import Picture

FONTS = "'DejaVu Sans', Verdana, Geneva, 'Noto Sans', sans-serif"
_MARGIN = 24.0
_HEADING = 58.0  # of a stage, where there are several


def svg(picture: Picture, *, captioned: bool = True) -> str:
    """The drawing; `captioned` with its title above and its legend and notes below."""
    laid = [layout(one) for one in picture.parts or (picture,)]
    words = caption(picture, max(one.width for one in laid)) if captioned else Caption()
    across = max(words.width, *(one.width for one in laid))
    width = across + 2 * _MARGIN
    heading = _HEADING if picture.parts else 0.0
    drawn = sum(one.height + heading for one in laid)
    height = words.head + drawn + words.foot + (3 if words.foot else 2) * _MARGIN
    size = f'width="{number(width)}" height="{number(height)}"'
    drawings, top = [], _MARGIN + words.head
    for one, part in zip(laid, picture.parts or (picture,), strict=True):
        if picture.parts:
            drawings += _headed(part.title, top, width)
        drawings += _drawing(one, (width - one.width) / 2, top + heading)
        top += one.height + heading
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}',
        f' viewBox="0 0 {number(width)} {number(height)}" font-family="{FONTS}"',
        f' role="img" aria-label="{escaped(picture.title)}">',
        f"<title>{escaped(picture.title)}</title>",
        f"<desc>{escaped(picture.subtitle)}</desc>",
        f'<rect {size} fill="{PAPER}"/>',
        *_group("caption", _MARGIN, _MARGIN, words.above),
        *drawings,
        *_group("caption", _MARGIN, height - _MARGIN - words.foot, words.below),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _drawing(laid: Layout, left: float, top: float) -> list[str]:
    where = f"translate({number(left)} {number(top)})"
    return [
        f'<g transform="{where}" text-anchor="middle" stroke-width="1.6">',
        '<g class="arrows" fill="none">',
        *(arrow_mark(curve) for curve in laid.curves),
        "</g>",
        *(weight_mark(curve.arrow, curve.label) for curve in laid.curves if curve.label),
        *(box_mark(place) for place in sorted(laid.places, key=lambda at: (at.row, at.x))),
        "</g>",
    ]


def _headed(words: str, top: float, width: float) -> list[str]:
    """The heading of a stage, under a line from side to side."""
    line = f"M{number(_MARGIN)} {number(top + 18)}H{number(width - _MARGIN)}"
    return [
        f'<path d="{line}" stroke="{LINE}" stroke-width="0.8"/>',
        text(words, (_MARGIN, top + 36), 14.0, INK, bold=True),
    ]


def _group(name: str, x: float, y: float, lines: tuple[str, ...]) -> list[str]:
    if not lines:
        return []
    where = f"translate({number(x)} {number(y)})"
    return [f'<g class="{name}" transform="{where}">', *lines, "</g>"]
