"""Drop what has weight zero, and everything that only it used."""

from __future__ import annotations

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import LossGraph
from kdgraph.passes.rewrite import rewritten


def drop_dead(graph: LossGraph) -> LossGraph:
    """Drop terms whose weight, or whose value, is zero for the whole stage.

    The term is gone as if it had never been written: its taps, modules and memory go with
    it. A weight that is a schedule stays, also where it happens to be zero at first.

    >>> from kdgraph.graph.example import example
    >>> print(drop_dead(example("mean(student.logits) + 0·mean(linear(student.features, 3))")))
    %0 = input(name=x) : Image[…]
    %1 = tap(%0, model=student, path=logits) : Logits[b, ?]
    %2 = mean(%1, over=none) : Scalar
    %3 = const(value=1) : Scalar
    term mean(student.logits) = %3 · %2
    """
    kept = tuple(
        term
        for term in graph.terms
        if constant(graph, term.weight) != 0.0 and constant(graph, term.value) != 0.0
    )
    copy = rewritten(graph, lambda _made, _node, _inputs: None)
    alive = {term.name for term in kept}
    copy.terms = tuple(term for term in copy.terms if term.name in alive)
    read = _memory(copy)
    for number in list(copy.dag):
        writes = copy.node(number).op.writes
        if writes and not read & set(writes):
            copy.dag.remove_node(number)
    return rewritten(copy, lambda _made, _node, _inputs: None)


def _memory(graph: LossGraph) -> set[str]:
    """The memory that is read by what is asked for, or by what is written for it."""
    wanted, read = graph.asked(), set[str]()
    while True:
        found = {name for one in graph.needed(wanted) for name in graph.node(one).op.reads}
        if found == read:
            return read
        read = found
        wanted |= {one for one in graph.dag if read & set(graph.node(one).op.writes)}
