"""Several ranks in a program: what they tell one another, and rows counted on all of them."""

from __future__ import annotations

from torch import fx

from kdgraph.lower import operations
from kdgraph.lower.draft import Draft

COUNTED = {
    "origin": operations.origin,
    "part": operations.part,
    "row_count": operations.row_count,
}
SHARED = frozenset({"gather_rows", "pool_rows", "total_rows", "own_rows"})


def count(draft: Draft, number: int) -> fx.Node:
    """How many rows there are, or numbers of them, on all ranks."""
    op, ranks = draft.graph.node(number).op, draft.wiring.ranks
    several = (ranks.size,) if ranks is not None and op.knob("everyones") else ()
    rows = () if op.name == "row_count" else (op.knob("rows"),)
    return draft.call(COUNTED[op.name], *draft.inside(number), *rows, *several)


def share(draft: Draft, number: int) -> object:
    """What ranks tell one another; with a single one there is nothing to tell."""
    op, inside = draft.graph.node(number).op, draft.inside(number)
    ranks = draft.wiring.ranks
    if ranks is None:
        return inside[0]
    if op.name == "own_rows":
        return draft.call(operations.own_rows, inside[0], ranks.rank, ranks.size)
    alike, group = bool(op.knob("alike")), (ranks.group,) if ranks.group else ()
    if op.name == "gather_rows":
        return draft.call(ranks.gather, inside[0], alike, *group)
    if op.name == "total_rows":
        return draft.call(ranks.total, inside[0], alike, *group)
    (slot, _) = draft.graph.inputs(number)[1]
    function = operations.masked if slot == "mask" else operations.counted
    return draft.call(ranks.pool, inside[0], draft.call(function, *inside), alike, *group)
