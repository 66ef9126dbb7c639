"""In which order a program computes what its graph asks for."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.graph import LossGraph


def scheduled(graph: LossGraph) -> Iterator[int]:
    """The nodes of a graph, the runs of frozen networks and what they need first.

    A frozen network keeps nothing for a backward. Run before the trained ones, it gives its
    memory back for their activations; run after them, it asks for more on top. On a CPU the
    fresh pages alone cost a fifth of a step.
    """
    early = graph.needed({number for number in graph.find("run") if _keeps_nothing(graph, number)})
    yield from (number for number in graph.order() if number in early)
    yield from (number for number in graph.order() if number not in early)


def _keeps_nothing(graph: LossGraph, run: int) -> bool:
    """Whether no gradient goes through a run, so that its memory is free again at once."""
    op = graph.node(run).op
    return bool(op.knob("frozen")) and not op.knob("through")
