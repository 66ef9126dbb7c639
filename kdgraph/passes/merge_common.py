"""Compute once what is asked twice."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.passes.rewrite import Inputs, rewritten
from kdgraph.registry import REGISTRY


def merge_common(graph: LossGraph) -> LossGraph:
    """Merge nodes that apply the same op, with the same knobs, to the same inputs.

    Nodes that write memory or draw at random are left alone: running a bank's update once
    instead of twice would be a different recipe; so are modules that look at the whole
    batch, as batch norm does. Two modules never merge, since their names differ.

    >>> from kdgraph.graph.example import example
    >>> print(merge_common(example("mean(exp(student.logits) + exp(student.logits))")))
    %0 = input(name=x) : Image[…]
    %1 = tap(%0, model=student, path=logits) : Logits[b, ?]
    %2 = exp(%1) : Tensor[b, ?]
    %3 = add(%2, %2) : Tensor[b, ?]
    %4 = mean(%3, over=none) : Scalar
    %5 = const(value=1) : Scalar
    term mean(exp(student.logits) + exp(student.logits)) = %5 · %4
    """
    seen: dict[tuple[object, ...], int] = {}

    def twin(made: LossGraph, node: Node, inputs: Inputs) -> int:
        key = (repr(node.op), inputs)  # the label 4 and the number 4.0 are not the same
        if node.op.writes or node.op.random or _is_stateful(node) or key not in seen:
            seen[key] = made.add(node, inputs)
        elif node.name and not made.node(seen[key]).name:
            made.amend(seen[key], name=node.name)
        return seen[key]

    return rewritten(graph, twin)


def _is_stateful(node: Node) -> bool:
    """Whether a module keeps statistics of its batches, so that twice is not once."""
    word = REGISTRY.get(node.op.name)
    return word is not None and word.kind == "module" and bool(word.flag("couples"))
