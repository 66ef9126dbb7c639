"""The logarithm of a node without the node itself: of what is never 0, though it may underflow."""

from __future__ import annotations

import math
from dataclasses import replace

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import LossGraph, Node, Op

TWINS = {"softmax": ("log_softmax", "LogDistribution"), "sigmoid": ("log_sigmoid", "Tensor")}
SUMS = {"mul": "add", "div": "sub"}


def logarithm(graph: LossGraph, at: int, asked: Node) -> int | None:
    """The logarithm of a softmax, a sigmoid, an exponential, or of products of these.

    Args:
        graph: the graph, which is added to.
        at: the node.
        asked: what asks for it; where that is a `log`, the result goes by its name.
    """
    before = graph.next
    found = _logarithm(graph, at, {})
    if found is not None and found >= before and asked.op.name == "log":
        graph.amend(found, name=asked.name)
    return found


def _logarithm(graph: LossGraph, at: int, seen: dict[int, int | None]) -> int | None:
    if at not in seen:
        seen[at] = _built(graph, at, seen)
    return seen[at]


def _built(graph: LossGraph, at: int, seen: dict[int, int | None]) -> int | None:
    node = graph.node(at)
    if node.op.name in TWINS:
        op, sort = TWINS[node.op.name]
        made = replace(node, op=Op(op, node.op.knobs), sort=sort, name="")
        return graph.add(made, graph.inputs(at))
    if node.op.name == "exp":
        return graph.sources(at)[0]
    if node.op.name == "sub":
        return _other_side(graph, at)
    if node.op.name not in SUMS:
        return None
    sides = [_logarithm(graph, side, seen) for side in graph.sources(at)]
    if sides == [None, None]:
        return None
    left, right = (
        _plain(graph, side) if log is None else log
        for side, log in zip(graph.sources(at), sides, strict=True)
    )
    if left is None or right is None:
        return None
    made = replace(node, op=Op(SUMS[node.op.name]), sort="Tensor", name="")
    return graph.add(made, (("left", left), ("right", right)))


def number(value: float, like: Node) -> Node:
    """A node that is a number."""
    op = Op("const", (("value", value),))
    return replace(like, op=op, sort="Scalar", axes=(), name="", trained=False)


def _plain(graph: LossGraph, at: int) -> int | None:
    """The logarithm of a factor as it is; None of a number that has none."""
    node, value = graph.node(at), constant(graph, at)
    if value is None:
        return graph.add(replace(node, op=Op("log"), sort="Tensor", name=""), (("v", at),))
    return graph.add(number(math.log(value), node)) if value > 0 else None


def _other_side(graph: LossGraph, at: int) -> int | None:
    """log(1 − σ(v)) is log σ(−v)."""
    one, sigmoid = graph.sources(at)
    node = graph.node(sigmoid)
    if node.op.name != "sigmoid" or constant(graph, one) != 1:
        return None
    turned = graph.add(
        replace(node, op=Op("neg"), name=""), (("value", graph.sources(sigmoid)[0]),)
    )
    made = replace(node, op=Op("log_sigmoid"), sort="Tensor", name="")
    return graph.add(made, (("v", turned),))
