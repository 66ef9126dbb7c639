"""The order of each row, so that few lines cross: medians, swaps, and the best of several tries."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from kdgraph.viz.ladder import Ladder

_SWEEPS = 16
_PATIENCE = 5  # sweeps without gain before a try ends

Rows = list[list[int]]
Links = Sequence[Sequence[int]]


def ordered(graph: Ladder) -> Rows:
    """The rows of a ladder in an order with few crossings; the same for the same graph."""
    tries = [_settled(graph, start) for start in _starts(graph)]
    return min(tries, key=lambda rows: crossings(graph, rows))


def crossings(graph: Ladder, rows: Rows) -> int:
    """How often two lines cross between neighbouring rows."""
    place = _places(rows)
    total = 0
    for row in rows:
        seen: list[int] = []
        for vertex in row:
            ends = [place[one] for one in graph.below[vertex]]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _starts(graph: Ladder) -> list[Rows]:
    """First orders: as the boxes come, and as a walk meets them from the bottom and the top."""
    height = len(graph.rows)
    lowest = [v for v in range(graph.count) if not graph.below[v]]
    highest = [v for v in range(graph.count) if not graph.above[v]]
    walks = [_walk(graph.above, lowest), _walk(graph.below, highest)]
    starts = [graph.rows]
    for walk in walks:
        rows: Rows = [[] for _ in range(height)]
        for vertex in walk:
            rows[graph.row[vertex]].append(vertex)
        starts.append(rows)
    return starts


def _walk(links: Links, roots: Sequence[int]) -> list[int]:
    """Depth first, in the order of the links."""
    seen: dict[int, None] = {}
    ahead = list(reversed(roots))
    while ahead:
        vertex = ahead.pop()
        if vertex not in seen:
            seen[vertex] = None
            ahead += reversed(links[vertex])
    return list(seen)


def _settled(graph: Ladder, start: Rows) -> Rows:
    rows = [list(row) for row in start]
    best, least, idle = [list(row) for row in rows], crossings(graph, rows), 0
    for sweep in range(_SWEEPS):
        if not least or idle == _PATIENCE:
            break
        downward = sweep % 2 == 0
        links = graph.above if downward else graph.below
        for row in rows[1:] if downward else rows[-2::-1]:
            _by_median(row, links, rows[graph.row[row[0]] + (-1 if downward else 1)])
        _swapped(graph, rows)
        found = crossings(graph, rows)
        idle += 1
        if found < least:
            best, least, idle = [list(row) for row in rows], found, 0
    return best


def _by_median(row: list[int], links: Links, neighbours: list[int]) -> None:
    """Sort a row by the middle of each vertex's neighbours; those without stay where they are."""
    place = {vertex: at for at, vertex in enumerate(neighbours)}
    middles = {v: _median(sorted(place[one] for one in links[v])) for v in row if links[v]}
    moving = iter(sorted(middles, key=middles.__getitem__))
    row[:] = [next(moving) if vertex in middles else vertex for vertex in row]


def _median(places: list[int]) -> float:
    """The middle; between two middles, nearer to the side where the others are close together."""
    half, odd = divmod(len(places), 2)
    if odd:
        return places[half]
    left, right = places[half - 1] - places[0], places[-1] - places[half]
    if left + right == 0:
        return (places[half - 1] + places[half]) / 2
    return (places[half - 1] * right + places[half] * left) / (left + right)


def _swapped(graph: Ladder, rows: Rows) -> None:
    """Exchange neighbours as long as that removes crossings."""
    place = _places(rows)
    waiting = set(range(len(rows)))
    while waiting:
        number = min(waiting)
        waiting.remove(number)
        row = rows[number]
        for at in range(len(row) - 1):
            left, right = row[at], row[at + 1]
            if _gain(graph, left, right, place) > 0:
                row[at], row[at + 1] = right, left
                place[left], place[right] = at + 1, at
                waiting |= {number - 1, number, number + 1} & set(range(len(rows)))


def _gain(graph: Ladder, left: int, right: int, place: dict[int, int]) -> int:
    """How many crossings go away when two neighbours change places."""
    gain = 0
    for links in (graph.above, graph.below):
        others = [place[one] for one in links[right]]
        for vertex in links[left]:
            here = place[vertex]
            for other in others:
                if here > other:
                    gain += 1
                elif here < other:
                    gain -= 1
    return gain


def _places(rows: Rows) -> dict[int, int]:
    return {vertex: at for row in rows for at, vertex in enumerate(row)}
