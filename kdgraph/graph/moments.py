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


def moments(graph: LossGraph, number: int) -> dict[str, float]:
    """What a number is, by when: always, or at the ends of training; nothing where data tell.

    A learned scalar is what it starts from, in the first epoch.
    """
    always = constant(graph, number)
    if always is not None:
        return {"": always}
    found = {when: _at(graph, number, clock) for when, clock in MOMENTS.items()}
    return {when: value for when, value in found.items() if value is not None}


def _at(graph: LossGraph, number: int, clock: Mapping[str, float]) -> float | None:
    """The value of a node at a moment; None where it is not known then."""
    known = constant(graph, number)
    if known is not None:
        return known
    node = graph.node(number)
    if node.op.name == "clock":
        return clock.get(str(node.op.knob("name")))
    start = node.op.knob("start")
    if node.op.name == "param" and node.axes == () and "step" in clock:
        return float(start) if isinstance(start, (int, float)) else None
    fold = SCHEDULES.get(node.op.name)
    inside = [_at(graph, source, clock) for source in graph.sources(number)]
    if fold is None or not inside or None in inside:
        return None
    try:
        return float(fold(*inside))
    except (ArithmeticError, ValueError):
        return None
