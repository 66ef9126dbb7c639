"""Where on its line a weight stands: near the term it weighs, and on no other label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kdgraph.viz.curves import Cubic
from kdgraph.viz.text_width import text_width
from kdgraph.viz.wrap import wrapped

LABEL_SIZE = 12.5

_WIDEST = 150.0
_SIDE = 7.0
_HEIGHT = 20.0
_CLEAR = 21.0  # from the middle of a label up and down to the next row
_SHARES = tuple(step / 20 for step in range(2, 19))


@dataclass(frozen=True)
class Label:
    """A small pill on a line."""

    text: str
    x: float
    y: float
    width: float
    height: float = _HEIGHT

    def overlaps(self, other: Label) -> bool:
        """Whether the two pills touch."""
        wide = (self.width + other.width) / 2 + 2
        high = (self.height + other.height) / 2 + 2
        return abs(self.x - other.x) < wide and abs(self.y - other.y) < high


def label_width(text: str) -> float:
    """The width of a label's pill."""
    return max(_HEIGHT, text_width(_short(text), LABEL_SIZE) + 2 * _SIDE)


def labels(lines: Iterable[tuple[str, Sequence[Cubic]]]) -> list[Label | None]:
    """A place for each label, on the pieces of its line that run between rows.

    One after the other; the first place that is free, and none where the text is empty.
    """
    done: list[Label] = []
    found: list[Label | None] = []
    for text, pieces in lines:
        found.append(None)
        if not text.strip():
            continue
        width = label_width(text)
        spots = [piece.at(share) for piece in pieces for share in _SHARES if _clear(piece, share)]
        tries = [Label(_short(text), x, y, width) for x, y in spots]
        free = [one for one in tries if not any(one.overlaps(other) for other in done)]
        found[-1] = (free or tries)[0]
        done.append((free or tries)[0])
    return found


def _short(text: str) -> str:
    return wrapped(text, LABEL_SIZE, _WIDEST, lines=1)[0] if text.strip() else ""


def _clear(piece: Cubic, share: float) -> bool:
    y = piece.at(share)[1]
    return min(y - piece.start[1], piece.end[1] - y) > _CLEAR
