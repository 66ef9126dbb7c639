"""The loss graph: a networkx DAG of operations, from sources and taps to the total.

Text form, one node a line, as the golden tests print it (`kdgraph show --as graph` folds it):

    %0 = input(name=x)              : Image[b, 3, 32, 32]
    %1 = tap(%0, model=student, path=logits) : Logits[b, 100]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod

import networkx as nx

from kdgraph.lang.source import Span
from kdgraph.viewstep import share_of

SOURCES = frozenset({"input", "clock", "const", "param", "given", "recall", "computed", "share"})
SHARE = "share"
"""the knob of a product whose left side makes it 0 where it is 0, as in p·log p"""


@dataclass(frozen=True)
class Axis:
    """One axis: its size where it is known, and for rows of a batch whose rows they are.

    `rows` is `b` for one row an image, `3b` for three, and another word for rows that are
    not those of this step's images.
    """

    size: int | None = None
    rows: str = ""

    def __str__(self) -> str:
        """The rows, the size, or a question mark."""
        return self.rows or ("?" if self.size is None else str(self.size))


Axes = tuple[Axis, ...]


def elements(axes: Axes | None, batch: int | None = None) -> int:
    """How many numbers a value of these axes has at least, in a batch of so many images.

    >>> elements((Axis(rows="3b"), Axis(10), Axis()), batch=64)
    1920
    """
    return prod(_length(axis, batch or 1) for axis in axes or ())


def _length(axis: Axis, batch: int) -> int:
    if axis.size is not None:
        return axis.size
    count, _, rest = axis.rows.partition("b")
    whole = not rest and (count.isdigit() or axis.rows == "b")
    return int(count or 1) * batch if whole else 1


def shown_count(count: int) -> str:
    """A large number with as many digits as people read.

    >>> shown_count(64 * 10**9)
    '6.4·10^10'
    """
    digits = len(str(count)) - 1
    head = f"{count / 10**digits:.2g}"
    return f"10^{digits}" if head == "1" else f"{head}·10^{digits}"


@dataclass(frozen=True)
class Op:
    """What a node does: a word of the language, its knobs, and the memory it touches.

    Attributes:
        knobs: static values, by name.
        reads: names of the memory that the node's value comes from.
        writes: names of the memory that is written from the node's inputs at the commit.
        random: two such nodes are two draws, and are never merged.
    """

    name: str
    knobs: tuple[tuple[str, object], ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    random: bool = False

    def knob(self, name: str) -> object:
        """The value of a knob; None where it has none of that name."""
        return dict(self.knobs).get(name)

    def __str__(self) -> str:
        """The word with its knobs."""
        return f"{self.name}({', '.join(f'{key}={shown(value)}' for key, value in self.knobs)})"


@dataclass(frozen=True)
class Node:
    """What is known about a node beside its op and its inputs.

    Attributes:
        name: the recipe's name for it, if it has one.
        span: the words it was built from.
        calls: the calls of functions it was expanded from, outermost first.
        trained: whether it depends on something that this stage trains.
    """

    op: Op
    sort: str = "Tensor"
    axes: Axes | None = None
    name: str = ""
    trained: bool = False
    span: Span | None = None
    calls: tuple[tuple[str, Span], ...] = ()

    @property
    def here(self) -> Span | None:
        """The words in the user's own file: the outermost call, or the node's own."""
        return self.calls[0][1] if self.calls else self.span

    @property
    def type(self) -> str:
        """Sort and axes as text."""
        if self.axes is None:
            return f"{self.sort}[…]"
        return f"{self.sort}[{', '.join(map(str, self.axes))}]" if self.axes else self.sort


@dataclass(frozen=True)
class Term:
    """One summand of the loss: its name, the node of its value and that of its weight.

    Attributes:
        factor: the weight as the recipe writes it, such as `β·α`; empty where it is 1.
    """

    name: str
    value: int
    weight: int
    factor: str = ""

    def moved(self, new: dict[int, int]) -> Term:
        """The same term over nodes with other numbers."""
        return replace(self, value=new[self.value], weight=new[self.weight])


@dataclass
class LossGraph:
    """A DAG of nodes, with a total and what memory will be written.

    Attributes:
        terms: the summands of the loss.
        outputs: further values that are asked for, by name (metrics, values of examples).
        constants: the numbers that nodes are known to be, as far as they were asked for.
        whole: whether nodes are whole numbers, as far as that was asked for.
    """

    dag: nx.MultiDiGraph[int] = field(default_factory=nx.MultiDiGraph)
    terms: tuple[Term, ...] = ()
    outputs: dict[str, int] = field(default_factory=dict)
    next: int = 0
    constants: dict[int, float | None] = field(default_factory=dict, repr=False, compare=False)
    whole: dict[int, bool] = field(default_factory=dict, repr=False, compare=False)

    def add(self, node: Node, inputs: tuple[tuple[str, int], ...] = ()) -> int:
        """Add a node; `inputs` are slots with the nodes that fill them, in order."""
        number = self.next
        self.next += 1
        self.dag.add_node(number, node=node)
        for place, (slot, source) in enumerate(inputs):
            self.dag.add_edge(source, number, key=place, slot=slot)
        return number

    def node(self, number: int) -> Node:
        """What is known about a node."""
        found: Node = self.dag.nodes[number]["node"]
        return found

    def amend(self, number: int, **facts: object) -> None:
        """Learn something more about a node."""
        self.dag.nodes[number]["node"] = replace(self.node(number), **facts)  # type: ignore[arg-type]  # facts are fields of Node

    def inputs(self, number: int) -> tuple[tuple[str, int], ...]:
        """The slots of a node with their sources, in order."""
        edges: list[tuple[int, int, int, str]] = sorted(
            self.dag.in_edges(number, keys=True, data="slot"), key=lambda edge: edge[2]
        )
        return tuple((slot, source) for source, _, _, slot in edges)

    def sources(self, number: int) -> tuple[int, ...]:
        """The nodes that fill a node's slots, in order."""
        return tuple(source for _, source in self.inputs(number))

    def order(self) -> list[int]:
        """Every node after its inputs, the older first."""
        return list(nx.lexicographical_topological_sort(self.dag))

    def find(self, op: str) -> Iterator[int]:
        """The nodes of one op, in order."""
        return (number for number in self.order() if self.node(number).op.name == op)

    def asked(self) -> set[int]:
        """What is asked for: terms, their weights and outputs."""
        wanted = {part for term in self.terms for part in (term.value, term.weight)}
        return wanted | set(self.outputs.values())

    def roots(self) -> set[int]:
        """What the graph is for: what is asked for, and what writes memory."""
        return self.asked() | {n for n in self.dag if self.node(n).op.writes}

    def needed(self, roots: set[int]) -> set[int]:
        """The nodes that these depend on, themselves included."""
        found = set(roots)
        for root in roots:
            found |= nx.ancestors(self.dag, root)
        return found

    def fed(self) -> dict[int, str]:
        """The nodes that a step is given or draws for itself, with the names of these inputs."""
        found: dict[int, str] = {}
        for number in self.order():
            op = self.node(number).op
            if op.name in {"input", "given", "computed"}:
                found[number] = str(op.knob("name"))
            elif op.name == "share":
                found[number] = share_of(str(op.knob("name")))
            elif op.knob("site") is not None:
                found[number] = str(op.knob("site"))
        return found

    def reach(self, number: int) -> set[int]:
        """A node with everything that it depends on."""
        return self.needed({number})

    def renumbered(self) -> LossGraph:
        """The same graph, its nodes numbered in order from 0."""
        made, new = LossGraph(), dict[int, int]()
        for old in self.order():
            inputs = tuple((slot, new[source]) for slot, source in self.inputs(old))
            new[old] = made.add(self.node(old), inputs)
        made.terms = tuple(t.moved(new) for t in self.terms)
        made.outputs = {name: new[number] for name, number in self.outputs.items()}
        return made

    def __str__(self) -> str:
        """The graph as text, one node a line."""
        names = {number: f"%{place}" for place, number in enumerate(self.order())}
        lines = [_line(self, number, names) for number in names]
        lines += [
            f"term {term.name} = {names[term.weight]} · {names[term.value]}" for term in self.terms
        ]
        lines += [f"output {name} = {names[number]}" for name, number in self.outputs.items()]
        return "\n".join(lines)


def _line(graph: LossGraph, number: int, names: dict[int, str]) -> str:
    node = graph.node(number)
    inside = [names[source] for source in graph.sources(number)]
    inside += [f"{key}={shown(value)}" for key, value in node.op.knobs]
    touched = "".join(
        f" {verb} {', '.join(which)}"
        for verb, which in (("reads", node.op.reads), ("writes", node.op.writes))
        if which
    )
    comment = f"  # {node.name}" if node.name else ""
    return f"{names[number]} = {node.op.name}({', '.join(inside)}) : {node.type}{touched}{comment}"


def shown(value: object) -> str:
    """The value of a knob as text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - whole in a double
        return str(int(value))
    if isinstance(value, tuple):
        return f"[{', '.join(shown(one) for one in value)}]"
    return "none" if value is None else str(value)
