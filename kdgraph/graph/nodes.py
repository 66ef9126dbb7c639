"""The graph while it is being built: its nodes, the calls they come from, the mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NoReturn

from kdgraph.graph.constant import constant
from kdgraph.graph.frames import Frame, pointed
from kdgraph.graph.graph import Axes, Axis, LossGraph, Node, Op, elements, shown_count
from kdgraph.graph.infer import Inferred
from kdgraph.graph.world import CLOCK, SIZES, Given, World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.source import Span

STOPS = frozenset(
    {
        "detach", "input", "const", "clock", "sign", "lt", "le", "gt", "ge", "eq", "ne", "argmax",
        "keep", "onehot",
    }
)  # fmt: skip
"""what no gradient comes through"""
MOST_NODES = 5_000


MOST_ELEMENTS = 4 * 10**9
"""numbers of one value: 16 GB in float32"""


class TooManyNodesError(Exception):
    """The graph outgrew `MOST_NODES`, or what it is read from `MOST_VALUES`; building stops."""


@dataclass
class Nodes:
    """What a builder adds to; abstract, `Builder` reads expressions into it.

    Attributes:
        used: names of the recipe that were needed.
        frames: the calls that are being expanded, outermost first.
        labels: the names on the way to here; a module made here is called by them.
        parts: modules and learned scalars by full name, with their nodes.
        single: nodes of which there is one, such as sources and taps.
    """

    world: World
    graph: LossGraph = field(default_factory=LossGraph)
    mistakes: dict[tuple[object, ...], Diagnostic] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    frames: list[Frame] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)
    single: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, op: Op, inputs: tuple[tuple[str, int], ...], found: Inferred, span: Span) -> int:
        """Add a node, with what was inferred about it."""
        if self.graph.next >= MOST_NODES:
            self.outgrown(f"the loss has more than {MOST_NODES} nodes", span)
        calls = tuple((frame.function, frame.span) for frame in self.frames)
        trained = self._trained(op, inputs)
        node = Node(op, found.sort, found.axes, "", trained, span, calls)
        number = self.graph.add(node, inputs)
        self._refuse_large(number, inputs, span)
        return number

    def _refuse_large(self, number: int, inputs: tuple[tuple[str, int], ...], span: Span) -> None:
        """Refuse a value that no machine can hold; what is made of it is not told again.

        Learned parts are bounded on their own.
        """
        node = self.graph.node(number)
        count = elements(node.axes, self.world.batch)
        if (
            count <= MOST_ELEMENTS
            or node.op.name == "param"
            or any(
                elements(one.axes, self.world.batch) > MOST_ELEMENTS for _, one in self.seen(inputs)
            )
        ):
            return
        at = pointed(self.graph, number, self.frames, span).span
        most = shown_count(MOST_ELEMENTS)
        what = f"`{at.text}` would hold {shown_count(count)} numbers, more than {most}"
        self.note(TooLarge(span=at, what=what))

    def outgrown(self, what: str, span: Span) -> NoReturn:
        """Stop building: the words of the user that led here are too much."""
        here = self.frames[0].span if self.frames else span
        self.note(TooLarge(span=here, what=what))
        raise TooManyNodesError

    def _trained(self, op: Op, inputs: tuple[tuple[str, int], ...]) -> bool:
        if op.writes or op.name in STOPS:
            return False  # memory is read as it was before the step
        own = op.name in {"tap", "apply"} and not op.knob("mean")
        if own and self.world.trains_model(str(op.knob("model"))):
            return True
        name = op.knob("name")
        if isinstance(name, str) and name in self.parts and self.world.trains_part(name):
            return True
        return any(self.graph.node(source).trained for _, source in inputs)

    def leaf(self, op: Op, sort: str, axes: Axes | None, span: Span) -> int:
        """A node without inputs; the same source is one node."""
        key = (op, span.source.path if op.name == "const" else "")
        if op.name != "const" and key in self.single:
            return self.single[key]
        self.single[key] = number = self.add(op, (), Inferred(sort, axes), span)
        return number

    def const(self, value: float, span: Span) -> int:
        """A number."""
        return self.leaf(Op("const", (("value", float(value)),)), "Scalar", (), span)

    def unknown(self, span: Span) -> int:
        """A value of which nothing is known."""
        return self.add(Op("unknown"), (), Inferred(), span)

    def leaf_size(self, span: Span) -> int:
        """A size that only the real networks or the data can tell."""
        return self.add(Op("size"), (), Inferred("Scalar", ()), span)

    def source(self, name: str, span: Span) -> int:
        """Labels, indices, the clock, and sizes of the data."""
        if name in CLOCK:
            return self.leaf(Op("clock", (("name", name),)), "Scalar", (), span)
        if name in SIZES:
            size = getattr(self.world, name)
            return self.const(size, span) if size is not None else self.leaf_size(span)
        return self.leaf(Op("input", (("name", name),)), "Labels", (Axis(rows="b"),), span)

    def view(self, name: str, span: Span) -> int:
        """A view of the batch."""
        view = self.world.views[name]
        self.used.add(name)
        sizes = view.sizes or self.world.image
        axes = (Axis(rows=view.tag), *map(Axis, sizes)) if sizes and view.rows is not None else None
        knobs: tuple[tuple[str, object], ...] = (("name", name),)
        if view.of is not None:
            base, row = view.of
            of = self.world.views.get(base)
            knobs += (("of", base), ("row", row), ("rows", of.rows if of else None))
        return self.leaf(Op("input", knobs), "Image", axes, span)

    def given(self, name: str, span: Span) -> int:
        """A name that is an input of the step instead of being computed."""
        known = self.world.types.get(name, Given())
        return self.leaf(Op("given", (("name", name),)), known.sort, known.axes, span)

    def seen(self, inputs: tuple[tuple[str, int], ...]) -> list[tuple[str, Node]]:
        """The slots with what is known about the nodes in them; `2 − 1` is seen as the number 1."""
        return [(slot, self._seen(source)) for slot, source in inputs]

    def _seen(self, number: int) -> Node:
        node = self.graph.node(number)
        if node.op.name == "const" or node.axes != ():
            return node
        value = constant(self.graph, number)
        return node if value is None else replace(node, op=Op("const", (("value", value),)))

    @property
    def is_in_a_sum(self) -> bool:
        """Whether this is one round of a sum over things; the rounds are labelled by numbers."""
        return any(label.isdigit() for label in self.labels)

    def note(self, mistake: Diagnostic) -> None:
        """Keep a mistake; the same one at the same place, or in the same call, is said once."""
        called = self.frames[0].span if self.frames else mistake.headline
        key = (mistake.code, mistake.span, called)
        self.mistakes.setdefault(key, mistake)
