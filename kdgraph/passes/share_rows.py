"""Several ranks, each with its rows: what stays with them, what is averaged, what is gathered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.graph.tables import VIEW
from kdgraph.passes.coupling import has_rows, way
from kdgraph.passes.rewrite import Inputs, swept
from kdgraph.registry import REGISTRY

GATHER, POOL, TOTAL, OWN = "gather_rows", "pool_rows", "total_rows", "own_rows"
SHARING = frozenset({GATHER, POOL, TOTAL, OWN})


def share_rows(graph: LossGraph) -> LossGraph:
    """Say where ranks tell one another their values, so that the loss is that of all their rows.

    What comes from the taps has this rank's rows, and so has what is computed from them row by
    row. A mean over such rows is pooled over ranks; a value whose rows meet in an operation is
    gathered just before it. A module sees this rank's rows alone, so that its dropout draws for
    each row once. What memory writes has this rank's rows as well; the commit gathers them.

    It is no pass of every step: one process needs none of it.

    >>> from kdgraph.graph.example import example
    >>> from kdgraph.passes.join_forwards import join_forwards
    >>> print(share_rows(join_forwards(example("mean(center(student.logits, over=0))"))))
    %0 = input(name=x) : Image[…]
    %1 = run(%0, model=student, taps=[logits]) : Tensor[…]
    %2 = take(%1, place=0, tap=logits) : Logits[b, ?]
    %3 = gather_rows(%2, alike=True) : Logits[b, ?]
    %4 = center(%3, over=0) : Tensor[b, ?]
    %5 = mean(%4, over=none) : Scalar
    %6 = const(value=1) : Scalar
    term mean(center(student.logits, over=0)) = %6 · %5
    """
    if any(graph.node(number).op.name in SHARING for number in graph.dag):
        return swept(graph.renumbered())
    sharing, new = _Sharing(), dict[int, int]()
    for number in graph.order():
        inputs = tuple((slot, new[source]) for slot, source in graph.inputs(number))
        new[number] = sharing.placed(graph.node(number), inputs)
    made = sharing.made
    made.terms = tuple(term.moved(new) for term in graph.terms)
    made.outputs = {
        name: new[number] if name.startswith(VIEW) else sharing.whole(new[number])
        for name, number in graph.outputs.items()
    }
    sharing.tell_alike()
    return swept(made)


def meets(graph: LossGraph) -> bool:
    """Whether a shared graph puts rows of all ranks together, so that all need equally many."""
    ops = [graph.node(number).op for number in graph.dag]
    return any(op.name in {GATHER, OWN} or op.knob("everyones") for op in ops)


def needs_others(graph: LossGraph) -> bool:
    """Whether a rank that knows its own rows alone would have another loss, or other memory.

    It would not where all that ranks share, in equal parts of a batch, is a mean over their rows.
    """
    several = {GATHER, OWN, TOTAL, "write"}
    for number in graph.dag:
        op = graph.node(number).op
        word = REGISTRY.get(op.name)
        masked = op.name == POOL and any(slot == "mask" for slot, _ in graph.inputs(number))
        pools = word is not None and word.flag("pools")
        if masked or pools or op.name in several or op.knob("everyones"):
            return True
    return False


@dataclass
class _Sharing:
    """The graph as it grows; `local` are the nodes that have this rank's rows."""

    made: LossGraph = field(default_factory=LossGraph)
    local: set[int] = field(default_factory=set)
    twins: dict[tuple[str, int], int] = field(default_factory=dict)

    def placed(self, node: Node, inputs: Inputs) -> int:
        """A node over inputs of which some have this rank's rows."""
        if not inputs:
            own = node.op.name == "input" or (node.op.name == "given" and has_rows(node.axes))
            return self._add(node, (), own=own)
        if node.op.knob("site") is not None:  # drawn for this rank's rows
            return self._add(node, inputs, own=True)
        if node.op.name == "size":
            return self._add(node, inputs)
        if node.op.name == "write":
            return self._add(node, tuple((slot, self._part(one)) for slot, one in inputs))
        found = way(node, [self.made.node(one).axes for _, one in inputs])
        here = [one for _, one in inputs if one in self.local]
        if found == "count":
            op = Op(node.op.name, (*node.op.knobs, ("everyones", True))) if here else node.op
            return self._add(replace(node, op=op), inputs)
        if found == "couples" or not self._can_part(inputs):
            return self._add(node, tuple((slot, self.whole(one)) for slot, one in inputs))
        if not here and not (found == "each" and _is_module(node)):
            return self._add(node, inputs)
        inputs = tuple((slot, self._part(one)) for slot, one in inputs)
        if found == "each":
            return self._add(node, inputs, own=any(one in self.local for _, one in inputs))
        return self._pooled(node, inputs, POOL if found == "mean" else TOTAL)

    def _pooled(self, node: Node, inputs: Inputs, word: str) -> int:
        """A mean or a sum of this rank's rows, and then of all ranks'."""
        inner = replace(node, name=f"own_{node.name}" if node.name else "")
        value = self._add(inner, inputs, own=True)
        slots: Inputs = (("v", value),)
        if word == POOL:
            mask = [("mask", one) for slot, one in inputs if slot == "rows"]
            like = [("like", one) for _, one in inputs if one in self.local]
            slots += (*mask, *like)[:1]
        return self._add(replace(node, op=Op(word)), slots)

    def whole(self, number: int) -> int:
        """A value with the rows of all ranks."""
        return self._twin(GATHER, "all", number) if number in self.local else number

    def _part(self, number: int) -> int:
        """A value with the rows of this rank, if it has rows."""
        rows = number not in self.local and has_rows(self.made.node(number).axes)
        return self._twin(OWN, "own", number) if rows else number

    def _twin(self, word: str, called: str, number: int) -> int:
        if (word, number) not in self.twins:
            node = self.made.node(number)
            name = f"{called}_{node.name}" if node.name else ""
            twin = replace(node, op=Op(word), name=name)
            made = self._add(twin, (("v", number),), own=word == OWN)
            self.twins[word, number] = made
        return self.twins[word, number]

    def _can_part(self, inputs: Inputs) -> bool:
        """Whether rows and columns of what is not local don't get mixed up when rows are taken."""
        known = [self.made.node(one).axes for _, one in inputs if one not in self.local]
        return all(axes is not None and not any(a.rows for a in axes[1:]) for axes in known)

    def _add(self, node: Node, inputs: Inputs, *, own: bool = False) -> int:
        number = self.made.add(node, inputs)
        if own:
            self.local.add(number)
        return number

    def tell_alike(self) -> None:
        """Mark what has one gradient on all ranks already, so that the backward needn't sum.

        So it is where all that uses a value is computed alike on every rank.
        """
        alike: set[int] = set()
        for number in reversed(self.made.order()):
            users = set(self.made.dag.successors(number))
            if number not in self.local and users <= alike:
                alike.add(number)
        for number in alike:
            op = self.made.node(number).op
            if op.name in SHARING:
                self.made.amend(number, op=Op(op.name, (*op.knobs, ("alike", True))))


def _is_module(node: Node) -> bool:
    word = REGISTRY.get(node.op.name)
    return node.op.name == "apply" or (word is not None and word.kind == "module")
