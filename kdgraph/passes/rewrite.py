"""Copying a graph node by node, with a chance to put something else in a node's place."""

from __future__ import annotations

from collections.abc import Callable

from kdgraph.graph.graph import LossGraph, Node

Inputs = tuple[tuple[str, int], ...]
Replace = Callable[[LossGraph, Node, Inputs], int | None]


def rewritten(graph: LossGraph, replace: Replace) -> LossGraph:
    """A copy of the graph.

    Args:
        graph: the graph.
        replace: is given the new graph, a node and its inputs in the new graph; it gives
            back the new node to use in its place, or None to copy the node as it is.
    """
    made, new = LossGraph(), dict[int, int]()
    for number in graph.order():
        node = graph.node(number)
        inputs = tuple((slot, new[source]) for slot, source in graph.inputs(number))
        found = replace(made, node, inputs)
        new[number] = made.add(node, inputs) if found is None else found
    made.terms = tuple(t.moved(new) for t in graph.terms)
    made.outputs = {name: new[number] for name, number in graph.outputs.items()}
    return swept(made)


def swept(graph: LossGraph) -> LossGraph:
    """The graph without the nodes that nothing asks for, numbered anew."""
    kept = graph.needed(graph.roots())
    graph.dag.remove_nodes_from([number for number in list(graph.dag) if number not in kept])
    return graph.renumbered()
