"""What stands around a drawing: its title above; the legend and the notes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdgraph.viz.marks import number, outline, text
from kdgraph.viz.palette import FADED, INK, LINE, LOOKS, WEIGHT
from kdgraph.viz.picture import Picture
from kdgraph.viz.text_width import text_width
from kdgraph.viz.wrap import wrapped

_TITLE, _SMALL = 18.0, 12.0
_ROW = 20.0
_SWATCH = 26.0
_BETWEEN = 18.0  # two entries of the legend
_NARROWEST = 420.0
_ABOVE_NOTES = 6.0


@dataclass(frozen=True)
class Caption:
    """Lines of SVG around a drawing, with `(0, 0)` at the left of each of the two blocks."""

    width: float = 0.0
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    head: float = 0.0
    foot: float = 0.0


def caption(picture: Picture, width: float) -> Caption:
    """Title, subtitle, legend and notes of a picture, as wide as its drawing or a bit wider."""
    width = max(width, _NARROWEST)
    above, head = _words([(picture.title, _TITLE), (picture.subtitle, _SMALL)], width)
    below, foot = _legend(picture, width)
    notes, more = _words([(note, _SMALL) for note in picture.notes], width, foot + _ABOVE_NOTES)
    return Caption(
        width, tuple(above), (*below, *notes), head and head + _ROW, more if notes else foot
    )


def _words(
    paragraphs: Sequence[tuple[str, float]], width: float, top: float = 0.0
) -> tuple[list[str], float]:
    """Paragraphs set from the left; large ones bold. With the height at which they end."""
    lines = []
    for words, size in paragraphs:
        bold = size == _TITLE
        for line in wrapped(words, size, width, lines=3, bold=bold):
            leading = size * 1.45
            lines.append(
                text(line, (0, top + leading / 2), size, INK if bold else FADED, bold=bold)
            )
            top += leading
    return lines, top


def legend(picture: Picture) -> list[tuple[str, str]]:
    """Words and a swatch for each kind of box and each style of arrow that the picture has.

    The total needs none, it says what it is.
    A swatch is SVG from 0 to 26 across, around the height 0.
    """
    kinds = {box.kind for box in picture.boxes}
    styles = {arrow.style for arrow in picture.arrows}
    shapes = {kind: outline(look, _SWATCH / 2, 0, _SWATCH, 14) for kind, look in LOOKS.items()}
    lines = {"solid": "gradient flows back", "dashed": "no gradient", "weight": "weighted term"}
    found = [
        (LOOKS[kind].words, shape) for kind, shape in shapes.items() if kind in kinds - {"total"}
    ]
    for style, words in lines.items():
        if style in styles:
            ink = WEIGHT if style == "weight" else LINE
            dashes = ' stroke-dasharray="5 3.5"' if style == "dashed" else ""
            found.append((words, f'<path d="M0 0h{number(_SWATCH)}" stroke="{ink}"{dashes}/>'))
    return found


def _legend(picture: Picture, width: float) -> tuple[list[str], float]:
    """The legend in rows, with the height at which it ends."""
    lines, x, y = [], 0.0, _ROW / 2
    for words, swatch in legend(picture):
        room = _SWATCH + 6 + text_width(words, _SMALL)
        if x and x + room > width:
            x, y = 0.0, y + _ROW
        lines.append(
            f'<g transform="translate({number(x)} {number(y)})" stroke-width="1.6">{swatch}'
            f"{text(words, (_SWATCH + 6, 0), _SMALL, FADED)}</g>"
        )
        x += room + _BETWEEN
    return lines, y + _ROW / 2 if lines else 0.0
