"""The graph of the first step, in which memory such as `delay` holds nothing yet."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph
from kdgraph.passes.rewrite import swept
from kdgraph.registry import REGISTRY


def first_step(graph: LossGraph) -> LossGraph | None:
    """Leave out what needs a value of the step before, after the other passes.

    Terms that need one are gone, and a `concat` goes on without it. What memory is written
    with stays, as far as it is there.

    Returns:
        the graph of the first step; None where it is that of every step.
    """
    absent = {number for number in graph.find("recall") if _is_late(graph, number)}
    if not absent:
        return None
    made, new = LossGraph(), dict[int, int]()
    for number in graph.order():
        node, inputs = graph.node(number), graph.inputs(number)
        if node.op.name == "concat":
            inputs = tuple(one for one in inputs if one[1] not in absent)
        empty = bool(graph.inputs(number)) and not inputs
        if number in absent or empty or any(source in absent for _, source in inputs):
            absent.add(number)
        else:
            new[number] = made.add(node, tuple((slot, new[one]) for slot, one in inputs))
    made.terms = tuple(
        term.moved(new) for term in graph.terms if {term.value, term.weight} <= new.keys()
    )
    made.outputs = {name: new[number] for name, number in graph.outputs.items() if number in new}
    return swept(made)


def _is_late(graph: LossGraph, number: int) -> bool:
    word = REGISTRY.get(str(graph.node(number).op.knob("word")))
    return word is not None and bool(word.flag("late"))
