"""Shorter lines without new bends: what stands in one column slides together, where there is room.

Each move puts a column at the weighted median of what its lines lead to, so that the summed
length of lines never grows; the order of the rows stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from kdgraph.viz.columns import Apart
from kdgraph.viz.crossings import Rows
from kdgraph.viz.ladder import Ladder

_ROUNDS = 12
_TOGETHER = 1e-6  # pixels
_STILL = 0.5  # pixels: a shorter move is no move
_BENT = 3.0  # how much more a line's own bends resist being bent


def slid(graph: Ladder, rows: Rows, xs: Sequence[float], apart: Apart) -> list[float]:
    """The columns after sliding; at least `apart` as before."""
    x = list(xs)
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    for row in rows:
        for one, other in pairwise(row):
            right[one], left[other] = other, one
    for sweep in range(_ROUNDS):
        moved = False
        blocks = [*_straight(graph, x), *([v] for v in range(len(x)))]
        for block in sorted(blocks, key=lambda b: x[b[0]], reverse=sweep % 2 == 0):
            here, inside = x[block[0]], set(block)
            low = max((x[left[v]] + apart(left[v], v) for v in block if v in left), default=-1e9)
            high = min((x[right[v]] - apart(v, right[v]) for v in block if v in right), default=1e9)
            aim = _median(_pulls(graph, x, block, inside), here)
            there = min(max(aim, low), high)
            if abs(there - here) > _STILL and low <= high:
                moved = True
                for vertex in block:
                    x[vertex] = there
        if not moved:
            break
    return x


def _straight(graph: Ladder, x: Sequence[float]) -> list[list[int]]:
    """Vertices joined by upright lines."""
    seen: set[int] = set()
    blocks = []
    for start in range(len(x)):
        if start in seen:
            continue
        seen.add(start)
        block = [start]
        for vertex in block:
            for other in (*graph.above[vertex], *graph.below[vertex]):
                if other not in seen and abs(x[other] - x[vertex]) < _TOGETHER:
                    seen.add(other)
                    block.append(other)
        blocks.append(block)
    return blocks


def _pulls(
    graph: Ladder, x: Sequence[float], block: Sequence[int], inside: set[int]
) -> list[tuple[float, float]]:
    """Where the lines of a block lead to, and how hard each pulls."""
    return [
        (x[other], _BENT if vertex >= graph.count and other >= graph.count else 1.0)
        for vertex in block
        for other in (*graph.above[vertex], *graph.below[vertex])
        if other not in inside
    ]


def _median(pulls: list[tuple[float, float]], here: float) -> float:
    """The nearest place to `here` where as much pulls to the left as to the right."""
    total = sum(weight for _, weight in pulls)
    pulls.sort()
    before, low, high = 0.0, here, here
    for at, weight in pulls:
        if before < total / 2:
            low = at
        before += weight
        if before > total / 2 or at == pulls[-1][0]:
            high = at
            break
    return min(max(here, low), high)
