"""Lines from box to box: they leave and enter upright, and bend only between rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

_PORT = 30.0  # distance of two arrows on one side of a box, where there is room
_WIDE = 0.16  # of a wide box, so that many arrows do not crowd in its middle
_CORNER = 14.0  # of a side that arrows keep clear


@dataclass(frozen=True)
class Cubic:
    """A piece of a line: upright at both ends, and wholly upright where they share an x."""

    start: Point
    end: Point

    @property
    def controls(self) -> tuple[Point, Point]:
        """The two inner points of the Bézier curve."""
        middle = (self.start[1] + self.end[1]) / 2
        return (self.start[0], middle), (self.end[0], middle)

    def at(self, share: float) -> Point:
        """The point after this share of the curve's parameter."""
        back = 1 - share
        weights = (back**3, 3 * back**2 * share, 3 * back * share**2, share**3)
        points = (self.start, *self.controls, self.end)
        return (
            sum(w * p[0] for w, p in zip(weights, points, strict=True)),
            sum(w * p[1] for w, p in zip(weights, points, strict=True)),
        )


def ports(middle: float, width: float, count: int) -> list[float]:
    """Where `count` arrows touch a side of a box, left to right.

    >>> ports(100, 90, 2)
    [85.0, 115.0]
    """
    room = max(0.0, width - 2 * _CORNER)
    step = min(max(_PORT, _WIDE * width), room / max(1, count - 1))
    return [middle + step * (k - (count - 1) / 2) for k in range(count)]


def between(bends: Sequence[tuple[float, float, float]]) -> list[Cubic]:
    """The curved pieces of a line through `(x, top, bottom)` of each row that it touches."""
    return [
        Cubic((x, bottom), (next_x, top)) for (x, _, bottom), (next_x, top, _) in pairwise(bends)
    ]


def line(start: Point, curved: Sequence[Cubic], end: Point) -> tuple[Cubic, ...]:
    """The curved pieces, joined by upright ones from `start` to `end`."""
    pieces, here = [], start
    for piece in curved:
        if here != piece.start:
            pieces.append(Cubic(here, piece.start))
        pieces.append(piece)
        here = piece.end
    if here != end:
        pieces.append(Cubic(here, end))
    return _joined(pieces)


def reversed_line(pieces: Sequence[Cubic]) -> tuple[Cubic, ...]:
    """The same line, drawn from its end to its start."""
    return tuple(Cubic(piece.end, piece.start) for piece in reversed(pieces))


def _joined(pieces: Sequence[Cubic]) -> tuple[Cubic, ...]:
    """One piece for several upright ones in a row."""
    done: list[Cubic] = []
    for piece in pieces:
        upright = piece.start[0] == piece.end[0]
        if done and upright and done[-1].start[0] == done[-1].end[0] == piece.start[0]:
            done[-1] = Cubic(done[-1].start, piece.end)
        else:
            done.append(piece)
    return tuple(done)
