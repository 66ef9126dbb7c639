"""Metrics that compare every test image with every other: what such a matrix costs, in time."""

from __future__ import annotations

from math import prod

from kdgraph.graph.axes import rows_of_batch
from kdgraph.graph.graph import LossGraph, Node
from kdgraph.lang.errors.graph import LargeMetric

MOST = 10**9
"""bytes that a value may take without a word about it"""
FLOAT = 4
PAIR = 2


def large_metrics(graph: LossGraph, tests: int | None) -> list[LargeMetric]:
    """A warning for each metric that holds a huge value of pairs of test images.

    Args:
        graph: the metrics, each an output.
        tests: how many test images there are; None where only the data can tell.
    """
    found: list[LargeMetric] = []
    for name, number in graph.outputs.items() if tests is not None else ():
        nodes = [graph.node(one) for one in graph.reach(number)]
        sized = [(size, node) for node in nodes if (size := _bytes(node, tests or 0)) > MOST]
        if sized:
            size, node = max(sized, key=lambda one: one[0])
            shown = f"{size / 10**9:.3g} GB"
            assert tests is not None
            found.append(LargeMetric(span=node.here, name=name, size=shown, tests=tests))
    return found


def _bytes(node: Node, tests: int) -> int:
    """What a value of pairs of rows takes at least; 0 for what is none."""
    axes = node.axes or ()
    rows = [rows_of_batch(axis) for axis in axes if axis.rows]
    if len(rows) < PAIR or None in rows:
        return 0
    others = prod(axis.size or 1 for axis in axes if not axis.rows)
    return FLOAT * others * prod(tests * (one or 0) for one in rows)
