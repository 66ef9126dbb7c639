"""How large a box must be for its words."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.viz.palette import LOOKS
from kdgraph.viz.picture import Box
from kdgraph.viz.text_width import text_width
from kdgraph.viz.wrap import wrapped

TITLE_SIZE = 15.0
DETAIL_SIZE = 12.0
LEADING = 1.26  # distance of two lines of text, in font sizes

_WIDEST = {"total": 430.0, "term": 230.0}
_SIDE = 16.0
_PILL_SIDE = 20.0
_TOP = 8.0
LID = 5.0  # height of the lid of a drum, above its words


@dataclass(frozen=True)
class Sized:
    """A box with its words broken into lines and the room that they take."""

    box: Box
    title: tuple[str, ...]
    detail: tuple[str, ...]
    width: float
    height: float


def sized(box: Box) -> Sized:
    """Break the words of a box into lines and measure them."""
    widest = _WIDEST.get(box.kind, 210.0)
    title = wrapped(box.title, TITLE_SIZE, widest, lines=2, bold=True) or ("",)
    detail = _detail(box.detail, widest)
    words = [text_width(line, TITLE_SIZE, bold=True) for line in title]
    words += [text_width(line, DETAIL_SIZE) for line in detail]
    outline = LOOKS[box.kind].outline
    pill = outline == "pill"
    lid = 2 * LID if outline == "drum" else 0.0
    side = _PILL_SIDE if pill else _SIDE
    height = lid + 2 * _TOP + LEADING * (TITLE_SIZE * len(title) + DETAIL_SIZE * len(detail))
    width = max(max(words) + 2 * side, 1.2 * height if pill else 56.0)
    return Sized(box, title, detail, float(round(width)), float(round(height)))


def _detail(words: str, widest: float) -> tuple[str, ...]:
    """In one line, or broken first where ` · ` parts a formula from its shape."""
    lines = wrapped(words, DETAIL_SIZE, widest, lines=3)
    if len(lines) > 1:
        parts = words.split(" · ")
        lines = tuple(
            line for part in parts for line in wrapped(part, DETAIL_SIZE, widest, lines=2)
        )
    return lines[:4]
