"""Which nodes of a loss graph are one box: arithmetic folds into what it is part of.

A node has a box of its own where the recipe gives it a name, where it is a tap, a module, a
learned scalar, a memory or an input, and where several boxes use it. All others are drawn as
part of the one box that uses them, so that `S: min(exp(θ), 10)·(s @ tᵀ) + b` is one box.
"""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import LossGraph, Node
from kdgraph.registry import REGISTRY

TOTAL = -1
"""stands for the total where a box is asked for"""

SOURCES = frozenset({"input", "given", "param", "tap", "apply"})
BY_ROWS = frozenset({"origin", "part"})


@dataclass(frozen=True)
class Folding:
    """For each node the node whose box it is drawn in; nodes that are not drawn are absent."""

    owner: dict[int, int]

    def boxes(self) -> list[int]:
        """The nodes that have a box, in the order of the graph."""
        return [number for number, owner in self.owner.items() if number == owner]

    def members(self, box: int) -> list[int]:
        """The nodes drawn in a box, itself included."""
        return [number for number, owner in self.owner.items() if owner == box]


def is_part(node: Node) -> bool:
    """Whether a node is a module: something with weights."""
    word = REGISTRY.get(node.op.name)
    return word is not None and word.kind == "module"


def is_memory(node: Node) -> bool:
    """Whether a node is a memory: written now, read in a later step."""
    return bool(node.op.writes)


def schedules(graph: LossGraph) -> set[int]:
    """The values that depend on the clock, and on nothing else that changes."""
    fixed: set[int] = set()
    timed: set[int] = set()
    for number in graph.order():
        sources = set(graph.sources(number))
        name = graph.node(number).op.name
        if name == "clock" or (sources & timed and sources <= timed | fixed):
            timed.add(number)
        elif name in {"const", "size"} or (sources and sources <= fixed):
            fixed.add(number)
    return timed


def folded(graph: LossGraph) -> Folding:
    """Decide for every node which box it belongs to."""
    heads = {term.value for term in graph.terms} | set(graph.outputs.values())
    weights = {term.weight for term in graph.terms}
    timed = schedules(graph)
    owner: dict[int, int] = {}
    for number in reversed(graph.order()):
        node = graph.node(number)
        if _is_silent(graph, number, timed):
            continue
        users = {owner[one] for one in _users(graph, number) if one in owner}
        if number in weights:
            users.add(TOTAL)
        if node.op.name == "field":
            owner[number] = number  # moved to its memory below
        elif _stands_alone(node, heads, number) or not _folds(graph, users):
            owner[number] = number
        else:
            owner[number] = users.pop()
    for number in graph.find("field"):
        record = graph.sources(number)[0]
        owner = {one: record if box == number else box for one, box in owner.items()}
    return Folding(dict(sorted(owner.items())))


def _users(graph: LossGraph, number: int) -> set[int]:
    return set(graph.dag.successors(number))


def _is_silent(graph: LossGraph, number: int, timed: set[int]) -> bool:
    """Numbers, sizes and unnamed schedules: the text of what uses them shows them."""
    node = graph.node(number)
    if node.op.name in {"const", "size"} or constant(graph, number) is not None:
        return True
    return number in timed and not node.name


def _stands_alone(node: Node, heads: set[int], number: int) -> bool:
    return (
        bool(node.name)
        or number in heads
        or node.op.name in SOURCES
        or is_part(node)
        or is_memory(node)
    )


def _folds(graph: LossGraph, users: set[int]) -> bool:
    """Whether one box uses the node, and it is one that says its whole formula."""
    if len(users) != 1:
        return False
    (box,) = users
    if box == TOTAL:
        return True
    node = graph.node(box)
    return not (is_part(node) or is_memory(node) or node.op.name in {"tap", "apply"})
