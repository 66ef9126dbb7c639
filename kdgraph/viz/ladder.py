"""The layered graph: each edge becomes a chain of steps, one row at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kdgraph.viz.layers import Edge


@dataclass(frozen=True)
class Ladder:
    """Boxes and the bends of long edges, in rows.

    Vertices below `count` are boxes; the others are bends, one for each row that an edge
    crosses without stopping.
    """

    count: int
    row: tuple[int, ...]
    chains: tuple[tuple[int, ...], ...]
    above: tuple[tuple[int, ...], ...]
    below: tuple[tuple[int, ...], ...]

    @property
    def rows(self) -> list[list[int]]:
        """The vertices of each row, in order of their number."""
        found: list[list[int]] = [[] for _ in range(max(self.row, default=-1) + 1)]
        for vertex, row in enumerate(self.row):
            found[row].append(vertex)
        return found


def ladder(rows: Sequence[int], edges: Sequence[Edge], trunks: Sequence[object]) -> Ladder:
    """Put bends where an edge passes a row; edges of one source and one trunk share them.

    >>> ladder([0, 1, 2, 2], [(0, 1), (0, 2), (0, 3)], "aaa").chains
    ((0, 1), (0, 4, 2), (0, 4, 3))
    """
    row, chains = list(rows), []
    bends: dict[tuple[int, object, int], int] = {}
    links: dict[tuple[int, int], None] = {}
    for (source, target), trunk in zip(edges, trunks, strict=True):
        chain = [source]
        for passed in range(rows[source] + 1, rows[target]):
            bend = bends.setdefault((source, trunk, passed), len(row))
            if bend == len(row):
                row.append(passed)
            chain.append(bend)
        chains.append((*chain, target))
        links |= dict.fromkeys(zip(chain, chains[-1][1:], strict=True))
    above: list[list[int]] = [[] for _ in row]
    below: list[list[int]] = [[] for _ in row]
    for upper, lower in links:
        below[upper].append(lower)
        above[lower].append(upper)
    return Ladder(
        len(rows), tuple(row), tuple(chains), tuple(map(tuple, above)), tuple(map(tuple, below))
    )
