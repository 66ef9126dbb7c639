"""From an order to pixels: how much room boxes, lines and rows leave each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdgraph.viz.columns import columns
from kdgraph.viz.crossings import Rows
from kdgraph.viz.ladder import Ladder
from kdgraph.viz.sized import Sized
from kdgraph.viz.slide import slid

_BOXES = 26.0  # between two boxes of a row
_LINE = 16.0  # between a line and a box or another line
_GAP = 54.0  # between two rows, at least
_SLOPE = 0.07  # of the widest line between two rows, added to their distance
_STEEPEST = 60.0


@dataclass(frozen=True)
class Rooms:
    """Where vertices and rows are; the left and upper edges are 0."""

    x: tuple[float, ...]
    top: tuple[float, ...]
    bottom: tuple[float, ...]
    width: float

    @property
    def height(self) -> float:
        """The lower edge of the lowest row."""
        return max(self.bottom, default=0.0)

    def middle(self, row: int) -> float:
        """Half way down a row."""
        return (self.top[row] + self.bottom[row]) / 2


def rooms(graph: Ladder, order: Rows, boxes: Sequence[Sized], below: Sequence[float]) -> Rooms:
    """Give every vertex and every row its room.

    Args:
        graph: the ladder.
        order: its rows, in order.
        boxes: the first vertices of the ladder.
        below: for each box the width of the label that hangs below it, or 0.
    """
    wide = [max(box.width, label) for box, label in zip(boxes, below, strict=True)]
    wide += [0.0] * (len(graph.row) - graph.count)

    def apart(one: int, other: int) -> float:
        gap = _LINE if max(one, other) >= graph.count else _BOXES
        return (wide[one] + wide[other]) / 2 + gap

    xs = slid(graph, order, columns(graph, order, apart), apart)
    left = min((x - w / 2 for x, w in zip(xs, wide, strict=True)), default=0.0)
    right = max((x + w / 2 for x, w in zip(xs, wide, strict=True)), default=0.0)
    top, bottom, here = [], [], 0.0
    for row in order:
        top.append(here)
        here += max((boxes[v].height for v in row if v < graph.count), default=0.0)
        bottom.append(here)
        reach = max((abs(xs[v] - xs[w]) for v in row for w in graph.below[v]), default=0.0)
        here += _GAP + min(_STEEPEST, _SLOPE * reach)
    return Rooms(tuple(x - left for x in xs), tuple(top), tuple(bottom), right - left)
