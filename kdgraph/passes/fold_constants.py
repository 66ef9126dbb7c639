"""Compute what is known before training: numbers, and arithmetic that changes nothing."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.constant import TooLargeError, constant
from kdgraph.graph.graph import LossGraph, Node, Op
from kdgraph.passes.rewrite import Inputs, rewritten

NEUTRAL = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0, "pow": 1.0}
EITHER_SIDE = {"add", "mul"}


def fold_constants(graph: LossGraph) -> LossGraph:
    """Replace arithmetic on numbers by its value, and drop `+ 0`, `·1` and `·0`.

    A value of the same axes takes the place of `v + 0` and `v·1`; a number times zero is
    zero. A product of zero and a value with axes is kept, since its axes are.

    >>> from kdgraph.graph.example import example
    >>> print(fold_constants(example("(2 + 3)·mean(student.logits)·1")))
    %0 = input(name=x) : Image[…]
    %1 = tap(%0, model=student, path=logits) : Logits[b, ?]
    %2 = mean(%1, over=none) : Scalar
    %3 = const(value=5) : Scalar
    term mean(student.logits) = %3 · %2
    """
    return rewritten(graph, _fold)


def _fold(graph: LossGraph, node: Node, inputs: Inputs) -> int | None:
    if node.op.name == "const" or not inputs:
        return None
    number = graph.add(node, inputs)
    try:
        value = constant(graph, number)
    except TooLargeError:
        return number
    if value is not None:
        return graph.add(replace(node, op=Op("const", (("value", value),))))
    return _simpler(graph, node, inputs) or number


def _simpler(graph: LossGraph, node: Node, inputs: Inputs) -> int | None:
    """The input that an operation leaves as it is, or the zero that it makes."""
    name = node.op.name
    if name not in NEUTRAL:
        return None
    (_, left), (_, right) = inputs
    sides = [(left, right)] + ([(right, left)] if name in EITHER_SIDE else [])
    for kept, other in sides:
        value = constant(graph, other)
        if value is None:
            continue
        if value == NEUTRAL[name] and graph.node(kept).axes == node.axes:
            return kept
        if name == "mul" and value == 0.0 and node.axes == ():
            return graph.add(replace(node, op=Op("const", (("value", 0.0),))))
    return None
