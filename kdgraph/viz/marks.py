"""The SVG of one box, one arrow, one weight."""

from __future__ import annotations

from kdgraph.viz.curves import Cubic, Point
from kdgraph.viz.escaped import escaped
from kdgraph.viz.labels import LABEL_SIZE, Label
from kdgraph.viz.layout import Curve, Place
from kdgraph.viz.palette import HALO, LINE, LOOKS, PAPER, WEIGHT, Look
from kdgraph.viz.picture import Arrow, Box
from kdgraph.viz.sized import DETAIL_SIZE, LEADING, LID, TITLE_SIZE

_CORNER = 9.0
_ROUNDEST = 26.0
_TIP = 9.0  # length of an arrow's head
_TIP_HALF = 4.8
_BASELINE = 0.36  # from the middle of a line of text down to its baseline, in font sizes


def number(value: float) -> str:
    """A coordinate, short: to a tenth of a pixel.

    >>> number(12.04)
    '12'
    """
    return f"{value:.1f}".removesuffix(".0")


def text(words: str, at: Point, size: float, fill: str, *, bold: bool = False) -> str:
    """One line of text; its middle is as high as `at`."""
    weight = ' font-weight="700"' if bold else ""
    place = f'x="{number(at[0])}" y="{number(at[1] + _BASELINE * size)}"'
    return f'<text {place} font-size="{number(size)}"{weight} fill="{fill}">{escaped(words)}</text>'


def box_mark(place: Place) -> str:
    """A box with its words; the tooltip has all of them, uncut."""
    box, look = place.sized.box, LOOKS[place.sized.box.kind]
    lines = [
        f'<g class="box {box.kind}" data-id="{escaped(box.id)}">',
        f"<title>{escaped(_tooltip(box, look))}</title>",
        outline(look, place.x, place.y, place.sized.width, place.sized.height),
    ]
    rows = [(words, TITLE_SIZE, look.title, True) for words in place.sized.title]
    rows += [(words, DETAIL_SIZE, look.detail, False) for words in place.sized.detail]
    middle = place.y - LEADING * sum(size for _, size, _, _ in rows) / 2
    middle += LID / 2 if look.outline == "drum" else 0.0
    for words, size, fill, bold in rows:
        middle += LEADING * size / 2
        lines.append(text(words, (place.x, middle), size, fill, bold=bold))
        middle += LEADING * size / 2
    return "".join([*lines, "</g>"])


def outline(look: Look, x: float, y: float, width: float, height: float) -> str:
    """The shape of a kind of box around a middle."""
    ink = f'fill="{look.fill}" stroke="{look.stroke}"'
    if look.dashed:
        ink += ' stroke-dasharray="5 3.5"'
    left, top = x - width / 2, y - height / 2
    if look.outline == "drum":
        lid = min(LID, height / 4)
        arc = f"a{number(width / 2)} {number(lid)} 0 0"
        side = number(height - 2 * lid)
        return (
            f'<path {ink} d="M{number(left)} {number(top + lid)}{arc} 1 {number(width)} 0v{side}'
            f"{arc} 1 {number(-width)} 0zm0 0{arc} 0 {number(width)} 0"
            '"/>'
        )
    corner = min(height / 2, _ROUNDEST) if look.outline == "pill" else min(height / 4, _CORNER)
    return (
        f'<rect {ink} x="{number(left)}" y="{number(top)}" width="{number(width)}"'
        f' height="{number(height)}" rx="{number(corner)}"/>'
    )


def arrow_mark(curve: Curve) -> str:
    """A line and its head."""
    arrow, ink = curve.arrow, WEIGHT if curve.arrow.style == "weight" else LINE
    end_x, end_y = curve.pieces[-1].end
    back = _TIP if curve.upward else -_TIP
    last = Cubic(curve.pieces[-1].start, (end_x, end_y + 0.9 * back))
    path = f"M{_at(curve.pieces[0].start)}" + "".join(
        _piece(one) for one in (*curve.pieces[:-1], last)
    )
    dashed = ' stroke-dasharray="5 3.5"' if arrow.style == "dashed" else ""
    head = f"M{_at((end_x, end_y))}l{number(-_TIP_HALF)} {number(back)}h{number(2 * _TIP_HALF)}z"
    return (
        f'<g class="arrow" {_ends(arrow)} stroke="{ink}"><path d="{path}"{dashed}/>'
        f'<path d="{head}" fill="{ink}" stroke="none"/></g>'
    )


def weight_mark(arrow: Arrow, label: Label) -> str:
    """A weight in its pill, on its line."""
    weighs = arrow.style == "weight"
    look = Look("", PAPER, HALO if weighs else LINE, outline="pill")
    return (
        f'<g class="weight" {_ends(arrow)}><title>{escaped(arrow.label)}</title>'
        f"{outline(look, label.x, label.y, label.width, label.height)}"
        f"{text(label.text, (label.x, label.y), LABEL_SIZE, WEIGHT if weighs else look.detail)}</g>"
    )


def _tooltip(box: Box, look: Look) -> str:
    return "\n".join(line for line in (box.title, box.detail, look.words, box.where) if line)


def _ends(arrow: Arrow) -> str:
    return f'data-source="{escaped(arrow.source)}" data-target="{escaped(arrow.target)}"'


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _piece(piece: Cubic) -> str:
    if abs(piece.start[0] - piece.end[0]) < 0.05:  # noqa: PLR2004 - half of the last digit
        return f"L{_at(piece.end)}"
    first, second = piece.controls
    return f"C{_at(first)} {_at(second)} {_at(piece.end)}"
