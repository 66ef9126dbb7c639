"""How far to the right each vertex stands: long edges straight, boxes over what they feed.

After Brandes and Köpf, Fast and Simple Horizontal Coordinate Assignment, 2001: four layouts, each
pushed to one corner, and of these the mean of the two in the middle. Compaction is over blocks
with boxes of any width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from kdgraph.viz.crossings import Links, Rows
from kdgraph.viz.ladder import Ladder

Apart = Callable[[int, int], float]
Conflicts = frozenset[tuple[int, int]]


def columns(graph: Ladder, rows: Rows, apart: Apart) -> list[float]:
    """The middle of each vertex; neighbours `u`, `v` of a row stand `apart(u, v)` or further."""
    if not rows:
        return []
    bad = _conflicts(graph, rows)
    layouts = []
    for upward in (False, True):
        links = graph.below if upward else graph.above
        ranks = rows[::-1] if upward else rows
        for mirrored in (False, True):
            ranked = [row[::-1] for row in ranks] if mirrored else ranks
            root = _blocks(ranked, links, bad)
            placed = _packed(ranked, root, apart)
            layouts.append([-one for one in placed] if mirrored else placed)
    return _middle(layouts)


def _conflicts(graph: Ladder, rows: Rows) -> Conflicts:
    """Short edges that cross a long one's straight part: the long one is to stay straight."""
    place = {vertex: at for row in rows for at, vertex in enumerate(row)}
    bad = set()
    for row in rows[1:]:
        inner = [v for v in row if v >= graph.count and graph.above[v][0] >= graph.count]
        for vertex in row:
            for up in graph.above[vertex]:
                if vertex >= graph.count and up >= graph.count:
                    continue
                for other in inner:
                    left = place[other] - place[vertex]
                    if left * (place[graph.above[other][0]] - place[up]) < 0:
                        bad.add((up, vertex))
    return frozenset(bad)


def _blocks(rows: Rows, links: Links, bad: Conflicts) -> list[int]:
    """For each vertex the first of its block: vertices of different rows to stand in one column."""
    root = list(range(len(links)))
    tail = list(range(len(links)))  # the last vertex of a block so far, by its root
    for above, row in pairwise(rows):
        place = {vertex: at for at, vertex in enumerate(above)}
        limit = -1
        for vertex in row:
            near = sorted(links[vertex], key=place.__getitem__)
            half = len(near) // 2
            for other in near[half - 1 + len(near) % 2 : half + 1] if near else ():
                free = root[vertex] == vertex and tail[root[other]] == other
                straight = (other, vertex) not in bad and (vertex, other) not in bad
                if free and straight and place[other] > limit:
                    root[vertex] = root[other]
                    tail[root[other]] = vertex
                    limit = place[other]
    return root


def _packed(rows: Rows, root: Sequence[int], apart: Apart) -> list[float]:
    """Every block as far left as it goes, then as far right as that costs no width."""
    right: dict[int, dict[int, float]] = {one: {} for one in root}
    left: dict[int, dict[int, float]] = {one: {} for one in root}
    for row in rows:
        for one, other in pairwise(row):
            a, b, gap = root[one], root[other], apart(one, other)
            right[a][b] = left[b][a] = max(gap, right[a].get(b, 0.0))
    order = _sorted(left, right)
    at: dict[int, float] = {}
    for block in order:
        at[block] = max((at[one] + gap for one, gap in left[block].items()), default=0.0)
    for block in reversed(order):
        room = min((at[one] - gap for one, gap in right[block].items()), default=at[block])
        at[block] = max(at[block], room)
    return [at[one] for one in root]


def _sorted(left: dict[int, dict[int, float]], right: dict[int, dict[int, float]]) -> list[int]:
    waits = {block: len(before) for block, before in left.items()}
    order = [block for block, count in waits.items() if not count]
    for block in order:
        for other in right[block]:
            waits[other] -= 1
            if not waits[other]:
                order.append(other)
    return order


def _middle(layouts: list[list[float]]) -> list[float]:
    """Lay the four over the narrowest, by their left or right edges, and take the middle."""
    narrow = min(layouts, key=lambda xs: max(xs) - min(xs))
    shifted = []
    for number, xs in enumerate(layouts):
        edge = max if number % 2 else min
        shift = edge(narrow) - edge(xs)
        shifted.append([x + shift for x in xs])
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*shifted, strict=True)]
