"""What the passes decided about a graph: read off the graphs before and after each of them."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import LossGraph, Node
from kdgraph.passes import PIPELINE
from kdgraph.passes.drop_dead import drop_dead
from kdgraph.passes.merge_common import merge_common
from kdgraph.passes.stabilise import has_twin, stabilise
from kdgraph.show.place import place
from kdgraph.show.words import words

Row = tuple[str, str]


@dataclass(frozen=True)
class Decisions:
    """The decisions of each pass as rows: what it is about, and what was done and why.

    Attributes:
        start: the graph as it was built, without the terms that were dropped.
        graph: the graph after every pass.
    """

    dropped: tuple[Row, ...]
    shared: tuple[Row, ...]
    stable: tuple[Row, ...]
    passes: tuple[Row, ...]
    start: LossGraph
    graph: LossGraph


def decisions(graph: LossGraph) -> Decisions:
    """Run the passes one by one, and look at what each of them did."""
    dropped: list[Row] = []
    shared: list[Row] = []
    stable: list[Row] = []
    passes: list[Row] = []
    start = drop_dead(graph)
    for one in PIPELINE:
        after = one(graph)
        if one is drop_dead:
            dropped = _dropped(graph, after)
        elif one is merge_common:
            shared = _shared(graph)
        elif one is stabilise:
            stable = _stable(graph)
        reason = (one.__doc__ or "").split("\n")[0].removesuffix(".")
        passes.append((one.__name__, f"{len(graph.dag)} → {len(after.dag)} nodes: {reason}"))
        graph = after
    return Decisions(tuple(dropped), tuple(shared), tuple(stable), tuple(passes), start, graph)


def _dropped(graph: LossGraph, after: LossGraph) -> list[Row]:
    kept = {term.name for term in after.terms}
    rows: list[Row] = []
    left = {name for node in _nodes(after) if (name := _outside(node))}
    for term in graph.terms:
        if term.name in kept:
            continue
        zero = "weight" if constant(graph, term.weight) == 0 else "value"
        factor = f" `{term.factor}`" if zero == "weight" and term.factor else ""
        gone = {
            name
            for number in graph.needed({term.value, term.weight})
            if (name := _outside(graph.node(number))) and name not in left
        }
        more = f"; with it go {', '.join(sorted(gone))}" if gone else ""
        rows.append((term.name, f"its {zero}{factor} is 0 for the whole stage{more}"))
    return rows


def _nodes(graph: LossGraph) -> list[Node]:
    return [graph.node(number) for number in graph.order()]


def _outside(node: Node) -> str:
    """The tap, module, scalar or memory that a node stands for, if it stands for one."""
    if node.op.name == "tap":
        return f"{node.op.knob('model')}.{node.op.knob('path')}"
    name = node.op.knob("name")
    return str(name) if name is not None and node.op.name not in {"input", "clock"} else ""


def _shared(graph: LossGraph) -> list[Row]:
    """Values that are written twice and computed once; the largest of them only."""
    key: dict[int, object] = {}
    first: dict[object, int] = {}
    twins: dict[int, list[int]] = {}
    for number in graph.order():
        node = graph.node(number)
        same = (node.op, tuple((slot, key[one]) for slot, one in graph.inputs(number)))
        alone = node.op.writes or node.op.random
        key[number] = number if alone else first.setdefault(same, number)
        if key[number] != number:
            twins.setdefault(first[same], []).append(number)
    again = {one for others in twins.values() for one in others}
    rows: list[Row] = []
    for number, others in twins.items():
        plain = constant(graph, number) is not None
        inner = all(user in again for one in others for user in graph.dag.successors(one))
        if not plain and not (inner and any(graph.dag.out_degree(one) for one in others)):
            rows.append((words(graph, number), f"computed once, written {len(others) + 1} times"))
    return rows


def _stable(graph: LossGraph) -> list[Row]:
    """Logarithms of softmaxes, and what stays as it is written."""
    rows: list[Row] = []
    after = stabilise(graph)
    left = [node.here for node in _nodes(after) if _may_underflow(node)]
    for number in graph.order():
        node = graph.node(number)
        if not _may_underflow(node):
            continue
        sources = [graph.node(one).op.name for one in graph.sources(number)]
        line = f"`{words(graph, number)}`"
        if node.here not in left:
            rows.append((place(node), f"{line}: no probability can underflow"))
        elif "softmax" in sources:
            rows.append((place(node), f"{line} {_why(graph, number)}"))
    return rows


def _may_underflow(node: Node) -> bool:
    """Whether the logarithm of a probability is part of what a node computes."""
    return node.op.name == "log" or has_twin(node)


def _why(graph: LossGraph, number: int) -> str:
    slots = dict(graph.inputs(number))
    target = graph.node(slots["target"]) if "target" in slots else None
    if target is not None and target.op.name != "softmax" and target.trained:
        return "stays: its target is trained, and the gradient of log 0 is not finite"
    return "stays: only a softmax along the last axis goes to log-space"
