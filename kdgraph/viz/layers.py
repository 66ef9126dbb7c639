"""Which row a box stands in: every arrow leads down, and the terms stand next to the total."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Edge = tuple[int, int]


def turned(count: int, edges: Sequence[Edge], *, last: Collection[int] = ()) -> frozenset[int]:
    """Indices of the edges to be read the other way round, so that no cycle is left.

    A step may write a memory that it has read before; such an edge closes a cycle. The edges
    into the vertices `last` are laid down after all others, and so are the ones turned.

    >>> turned(3, [(0, 1), (1, 2), (2, 0)])
    frozenset({2})
    """
    if _order(count, edges) is not None:
        return frozenset()
    below: list[list[int]] = [[] for _ in range(count)]
    against = set()
    for index in sorted(range(len(edges)), key=lambda at: edges[at][1] in last):
        source, target = edges[index]
        if _reaches(below, target, source):
            against.add(index)
            source, target = target, source
        below[source].append(target)
    return frozenset(against)


def rows(count: int, edges: Sequence[Edge], *, down: Collection[int] = ()) -> list[int]:
    """A row for each vertex, from 0: above those it leads to, and no row is empty.

    A vertex stands as high as what it comes from allows. Those in `down` then sink to just above
    what they lead to: inputs come to stand beside what they feed, and terms beside the total.

    >>> rows(4, [(0, 1), (1, 2), (3, 2)], down={3})
    [0, 1, 2, 1]
    """
    order = _order(count, edges)
    if order is None:
        msg = "rows are asked of a graph with a cycle"
        raise ValueError(msg)
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    row = [0] * count
    for vertex in order:
        row[vertex] = max((row[one] + 1 for one in above[vertex]), default=0)
    for vertex in reversed(order):
        if below[vertex] and vertex in down:
            row[vertex] = min(row[one] for one in below[vertex]) - 1
    used = sorted(set(row))
    return [used.index(one) for one in row]


def _order(count: int, edges: Sequence[Edge]) -> list[int] | None:
    """The vertices with every edge leading forward, or nothing where there is a cycle."""
    waits = [0] * count
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        waits[target] += 1
        below[source].append(target)
    order = [vertex for vertex in range(count) if not waits[vertex]]
    for vertex in order:
        for target in below[vertex]:
            waits[target] -= 1
            if not waits[target]:
                order.append(target)
    return order if len(order) == count else None


def _reaches(below: Sequence[Sequence[int]], start: int, goal: int) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        vertex = ahead.pop()
        if vertex == goal:
            return True
        fresh = [one for one in below[vertex] if one not in seen]
        seen.update(fresh)
        ahead += fresh
    return False
