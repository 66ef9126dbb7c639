"""The program of a first step over the parts of the one that follows it."""

from __future__ import annotations

from torch import fx, nn

from kdgraph.graph.graph import LossGraph
from kdgraph.lower.draft import Wiring
from kdgraph.lower.program import program as lowered

SHARED = ("clock", "parts", "memory")


def beginning(graph: LossGraph, wiring: Wiring, program: fx.GraphModule) -> fx.GraphModule:
    """Lower the graph of the first step; modules, memory and clock are those of `program`."""
    made = lowered(graph, wiring)
    for name in SHARED:
        if hasattr(made, name):
            part = getattr(program, name)
            assert isinstance(part, nn.Module)
            setattr(made, name, part)
    return made
