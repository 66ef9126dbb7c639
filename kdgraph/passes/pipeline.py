"""The passes, in their order."""

from __future__ import annotations

from collections.abc import Callable

from kdgraph.graph.graph import LossGraph
from kdgraph.passes.collect_writes import collect_writes
from kdgraph.passes.drop_dead import drop_dead
from kdgraph.passes.fold_constants import fold_constants
from kdgraph.passes.join_forwards import join_forwards
from kdgraph.passes.merge_common import merge_common
from kdgraph.passes.stabilise import stabilise
from kdgraph.passes.truncate_teacher import truncate_teacher

Pass = Callable[[LossGraph], LossGraph]

PIPELINE: tuple[Pass, ...] = (
    fold_constants,
    drop_dead,
    merge_common,
    stabilise,
    collect_writes,
    join_forwards,
    truncate_teacher,
)


NEEDED: tuple[Pass, ...] = (drop_dead, collect_writes, join_forwards)
"""what lowering can't do without; the rest makes the step faster and safer"""


def lean(graph: LossGraph, *, optimise: bool = True) -> LossGraph:
    """The graph after every pass, or after those alone that lowering needs."""
    for one in PIPELINE if optimise else NEEDED:
        graph = one(graph)
    return graph
