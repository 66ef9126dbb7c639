"""The number that a node is, where it is one: arithmetic over constants, bounded."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container
from typing import TypeVar

from kdgraph.graph.graph import LossGraph
from kdgraph.lang.grow import LARGEST

T = TypeVar("T")
FOLDS: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": math.pow,
    "neg": operator.neg,
    "min": min,
    "max": max,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


COMPARES = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
COUNTING = frozenset({"add", "sub", "mul", "neg"})
"""what makes whole numbers of whole numbers"""


class TooLargeError(ArithmeticError):
    """A constant outgrew `LARGEST`."""


def constant(graph: LossGraph, number: int) -> float | None:
    """The value of a node that no data, clock or parameter has a part in; else None.

    `sqrt(-1)` and the like have no value: `is_undefined` says so.

    Raises:
        TooLargeError: the value, or a step on the way to it, is too large.
    """
    return _looked_up(graph, number, graph.constants, FOLDS, _constant)


def is_whole(graph: LossGraph, number: int) -> bool:
    """Whether a value is made of labels, truth values and whole numbers alone: `4·(y == 3)`."""
    return _looked_up(graph, number, graph.whole, COUNTING, _is_whole)


def _looked_up(
    graph: LossGraph,
    number: int,
    known: dict[int, T],
    through: Container[str],
    compute: Callable[[LossGraph, int], T],
) -> T:
    """What is computed of a node, its sources first: a long product is a deep graph."""
    pending = [] if number in known else [number]
    while pending:
        at = pending[-1]
        follows = at not in known and graph.node(at).op.name in through
        missing = [one for one in graph.sources(at) if one not in known] if follows else []
        if missing:
            pending += missing
            continue
        if at not in known:
            known[at] = compute(graph, at)
        pending.pop()
    return known[number]


def _is_whole(graph: LossGraph, number: int) -> bool:
    node, value = graph.node(number), constant(graph, number)
    if value is not None:
        return value == int(value)
    if node.op.name in COUNTING:
        return all(is_whole(graph, source) for source in graph.sources(number))
    return node.sort == "Labels" or node.op.name in COMPARES


def is_undefined(graph: LossGraph, number: int) -> bool:
    """Whether numbers go into a node, and no number comes out: `log(0)`.

    Raises:
        TooLargeError: a step on the way to it is too large.
    """
    if graph.node(number).op.name not in FOLDS or not graph.sources(number):
        return False
    inside = [constant(graph, source) for source in graph.sources(number)]
    return None not in inside and constant(graph, number) is None


def _constant(graph: LossGraph, number: int) -> float | None:
    op = graph.node(number).op
    if op.name == "const":
        value = op.knob("value")
        return float(value) if isinstance(value, (int, float)) else None
    fold = FOLDS.get(op.name)
    if fold is None:
        return None
    inside = [constant(graph, source) for source in graph.sources(number)]
    if not inside or any(one is None for one in inside):
        return None
    try:
        value = float(fold(*inside))
    except OverflowError:
        raise TooLargeError from None
    except (ValueError, ZeroDivisionError):
        return None
    if math.isfinite(value) and abs(value) > LARGEST:
        raise TooLargeError
    return value
