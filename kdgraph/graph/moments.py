"""The values that a number has for certain: a constant one, a schedule its first and its last."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from kdgraph.graph.constant import FOLDS, constant
from kdgraph.graph.graph import LossGraph

LONG = 1000.0
"""epochs, where it is not known how many there will be"""
MOMENTS = {
    " in the first epoch": {"epoch": 1.0, "epochs": LONG, "step": 0.0},
    " in the last epoch": {"epoch": LONG, "epochs": LONG},
}
SCHEDULES: dict[str, Callable[..., float]] = {
    **FOLDS,
    "where": lambda m, a, b: a if m else b,
    "cos": math.cos,
    "detach": lambda v: v,
}
KNOWN = frozenset({*SCHEDULES, "const", "clock", "param"})


def moments(graph: LossGraph, number: int) -> dict[str, float]:
    """What a number is, by when: always, or at the ends of training; nothing where data tell.

    A learned scalar is what it starts from, in the first epoch.
    """
    always = constant(graph, number)
    if always is not None:
        return {"": always}
    if any(graph.node(one).op.name not in KNOWN for one in graph.reach(number)):
        return {}
    found = {when: _at(graph, number, clock, {}) for when, clock in MOMENTS.items()}
    return {when: value for when, value in found.items() if value is not None}


def _at(
    graph: LossGraph, number: int, clock: Mapping[str, float], seen: dict[int, float | None]
) -> float | None:
    """The value of a node at a moment; None where it is not known then."""
    if number not in seen:
        known = constant(graph, number)
        seen[number] = _computed(graph, number, clock, seen) if known is None else known
    return seen[number]


def _computed(
    graph: LossGraph, number: int, clock: Mapping[str, float], seen: dict[int, float | None]
) -> float | None:
    node = graph.node(number)
    if node.op.name == "clock":
        return clock.get(str(node.op.knob("name")))
    if node.op.name == "param":
        start = node.op.knob("start") if node.axes == () and "step" in clock else None
        return float(start) if isinstance(start, (int, float)) else None
    inside = [_at(graph, source, clock, seen) for source in graph.sources(number)]
    if not inside or None in inside:
        return None
    try:
        return float(SCHEDULES[node.op.name](*inside))
    except (ArithmeticError, ValueError):
        return None
