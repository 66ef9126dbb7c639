"""What a module is, in a few words: `linear 64→128`."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.registry import REGISTRY
from kdgraph.show.number_text import number_text


def part_text(graph: LossGraph, number: int) -> str:
    """What a module is: `linear 64→128`, `mlp 64→128→64`, `bn`."""
    node = graph.node(number)
    word = REGISTRY.get(node.op.name)
    sized = word is not None and any(not one.is_edge and one.type.whole for one in word.parameters)
    if not sized:
        return node.op.name
    many = next((value for _, value in node.op.knobs if isinstance(value, tuple)), None)
    after = [number_text(one) for one in many] if many else [_width(node)]
    before = _width(graph.node(graph.sources(number)[0]))
    return f"{node.op.name} {'→'.join(['' if before == '?' else before, *after])}"


def _width(node: Node) -> str:
    maps = 4
    if not node.axes:
        return ""
    return str(node.axes[1] if len(node.axes) == maps else node.axes[-1])
