"""`kdgraph show --as graph`: the graph as it was built, and what the passes left of it."""

from __future__ import annotations

from kdgraph.compiler import Analysis
from kdgraph.graph.graph import LossGraph
from kdgraph.passes import lean
from kdgraph.show.place import place

WIDEST = 56


def text(analysis: Analysis, stage: str | None = None) -> str:
    """Both graphs, one node a line, each with the recipe's line that it comes from."""
    built = analysis.built(stage).graph
    parts = [_headed("built", built), _headed("after the passes", lean(built))]
    return "\n\n".join(parts) + "\n"


def _headed(words: str, graph: LossGraph) -> str:
    return f"{words}: {len(graph.dag)} nodes\n\n{aligned(graph)}"


def aligned(graph: LossGraph) -> str:
    """A graph in columns: the operation, its type, the recipe's name and line for it."""
    nodes = [graph.node(number) for number in graph.order()]
    lines = str(graph).split("\n")
    rows = []
    for line, node in zip(lines, nodes, strict=False):
        left, _, rest = line.partition(" : ")
        kind, _, _ = rest.partition("  # ")
        rows.append((left, kind, node.name, place(node)))
    wide = [min(WIDEST, max((len(row[at]) for row in rows), default=0)) for at in range(3)]
    shown = [
        f"{left:<{wide[0]}} : {kind:<{wide[1]}}  {name:<{wide[2]}}  {line}".rstrip()
        for left, kind, name, line in rows
    ]
    return "\n".join([*shown, *lines[len(nodes) :]])
