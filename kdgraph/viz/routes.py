"""The way of every arrow between rows: from a port, through its bends, to a port."""

from __future__ import annotations

from collections.abc import Sequence

from kdgraph.viz.curves import Cubic, between, ports
from kdgraph.viz.ladder import Ladder
from kdgraph.viz.rooms import Rooms
from kdgraph.viz.sized import Sized

Trunk = tuple[str, str, bool]  # arrows of one source that are alike share their bends
Touch = tuple[int, int, Trunk]  # a box, what the arrow leads to next, and its trunk


def routes(
    graph: Ladder, room: Rooms, boxes: Sequence[Sized], trunks: Sequence[Trunk]
) -> list[list[Cubic]]:
    """For each arrow its curves between rows; those of one trunk leave by one port."""
    ways = list(zip(graph.chains, trunks, strict=True))
    first = _touched([(chain[0], chain[1], trunk) for chain, trunk in ways], room, boxes)
    last = _touched([(chain[-1], chain[-2], trunk) for chain, trunk in ways], room, boxes)
    found = []
    for chain, trunk in ways:
        start, end = first[chain[0], chain[1], trunk], last[chain[-1], chain[-2], trunk]
        across = (start, *(room.x[bend] for bend in chain[1:-1]), end)
        tops = [(room.top[graph.row[v]], room.bottom[graph.row[v]]) for v in chain]
        found.append(between([(x, *one) for x, one in zip(across, tops, strict=True)]))
    return found


def _touched(touches: Sequence[Touch], room: Rooms, boxes: Sequence[Sized]) -> dict[Touch, float]:
    """Where arrows touch one side of each box: in the order of what they lead to."""
    found: dict[Touch, float] = {}
    for at, box in enumerate(boxes):
        own = dict.fromkeys(touch for touch in touches if touch[0] == at)
        near = sorted(own, key=lambda touch: (room.x[touch[1]], touch[2]))
        found |= dict(zip(near, ports(room.x[at], box.width, len(near)), strict=True))
    return found
