"""What flows from box to box: the edges of the graph that leave one box and enter another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kdgraph.graph.graph import LossGraph, Term
from kdgraph.show.gradient import Gradient
from kdgraph.show.shape import shape
from kdgraph.viz.folding import BY_ROWS, TOTAL, Folding, is_memory, is_part
from kdgraph.viz.picture import Arrow
from kdgraph.viz.views_of import box_id

BY_SIZE = frozenset({"like"})


@dataclass(frozen=True)
class Drawing:
    """A loss graph with what is decided about its drawing."""

    graph: LossGraph
    folding: Folding
    gradient: Gradient

    @cached_property
    def term_of(self) -> dict[int, Term]:
        """The term that a box is: one whose value is arithmetic of its own."""
        found: dict[int, Term] = {}
        values = [term.value for term in self.graph.terms]
        for term in self.graph.terms:
            node = self.graph.node(term.value)
            drawn = self.folding.owner.get(term.value) == term.value
            plain = not (is_part(node) or is_memory(node)) and self.graph.sources(term.value)
            if drawn and plain and node.op.name != "tap" and values.count(term.value) == 1:
                found[term.value] = term
        return found

    @cached_property
    def pills(self) -> tuple[Term, ...]:
        """The terms that need a box beside that of their value: `loss: θ + …`."""
        return tuple(
            term
            for term in self.graph.terms
            if term.value not in self.term_of and term.value in self.folding.owner
        )

    def id(self, number: int) -> str:
        """What arrows call the box of a node."""
        box = self.folding.owner[number]
        if box == TOTAL:
            return "total"
        return box_id(self._name(box)) if self.is_view(box) else f"value {box}"

    def is_view(self, number: int) -> bool:
        """Whether a node is a view of the batch, which has its box already."""
        node = self.graph.node(number)
        return node.op.name == "input" and node.sort == "Image"

    def _name(self, number: int) -> str:
        return str(self.graph.node(number).op.knob("name"))

    def input_shapes(self) -> dict[str, str]:
        """The shapes of the views, by name."""
        nodes = {self._name(n): self.graph.node(n) for n in self.graph.find("input")}
        return {name: shape(node) for name, node in nodes.items() if node.axes}

    @cached_property
    def trained(self) -> list[str]:
        """What the loss trains: models, then modules and scalars as the graph has them."""
        trains = self.gradient.trains
        values = {part for term in self.graph.terms for part in (term.value, term.weight)}
        reached = frozenset().union(*(trains.get(one, frozenset()) for one in values))
        return [name for name in self.order if name in reached]

    @cached_property
    def order(self) -> list[str]:
        """Models, then modules and scalars, each in the order of the graph."""
        models, parts = dict[str, None](), dict[str, None]()
        for number in self.graph.order():
            op = self.graph.node(number).op
            if op.name in {"tap", "apply"}:
                models[str(op.knob("model"))] = None
            elif op.knob("name") is not None:
                parts[str(op.knob("name"))] = None
        return [*models, *parts]


def drawn_arrows(drawing: Drawing) -> Iterator[Arrow]:
    """The arrows between values; dashed where no gradient comes back along them.

    A tap gets its arrow from its model, not from the view. That `origin(x)` looks at the
    rows of a view, or `shrink(a, b)` at the size of `b`, is no arrow.
    """
    graph, owner = drawing.graph, drawing.folding.owner
    open_ = _open(drawing)
    flows: dict[tuple[str, str], bool] = {}
    for number in owner:
        node = graph.node(number)
        if node.op.name == "tap" or (node.op.name in BY_ROWS and owner[number] != number):
            continue
        for slot, source in graph.inputs(number):
            if source not in owner or owner[source] == owner[number] or slot in BY_SIZE:
                continue
            ends = (drawing.id(source), drawing.id(number))
            flow = number in open_ and drawing.gradient.flows(source, number)
            flows[ends] = flows.get(ends, False) or flow
    for term in graph.terms:
        if term.weight in owner and owner[term.weight] != TOTAL:
            flows[drawing.id(term.weight), "total"] = term.weight in drawing.gradient.carries
    for (leaves, enters), flow in flows.items():
        yield Arrow(leaves, enters, style="solid" if flow else "dashed")


def _open(drawing: Drawing) -> set[int]:
    """The nodes whose gradient comes from the end of their own box."""
    graph, owner, carries = drawing.graph, drawing.folding.owner, drawing.gradient.carries
    weights = {term.weight for term in graph.terms}
    open_: set[int] = set()
    for number in reversed(graph.order()):
        if number not in owner or number not in carries:
            continue
        users = [one for one in graph.dag.successors(number) if owner.get(one) == owner[number]]
        if owner[number] == number or number in weights or any(one in open_ for one in users):
            open_.add(number)
    return open_
