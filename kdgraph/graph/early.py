"""What is known before a step's program runs: the batch's numbers, tables, and draws from them."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.graph import LossGraph, Op

LEAVES = frozenset({"given", "unknown", "const", "computed"})
NUMBERS = frozenset({"y", "i"})
INDEXING = frozenset({"rows", "columns", "column", "slice_columns", "slice_rows"})
SIGNS = frozenset({"add", "sub", "mul", "neg"})
COMPUTED = "computed"
"""the op of a table that an earlier stage has computed"""


def late(graph: LossGraph, number: int) -> Iterator[int]:
    """The nodes under a value that only the step's program computes, in order."""
    for one in sorted(graph.reach(number)):
        if not is_early(graph.node(one).op):
            yield one


def is_early(op: Op) -> bool:
    """Whether an operation can be done before the program, if its inputs are known then.

    >>> is_early(Op("input", (("name", "i"),))), is_early(Op("input", (("name", "x"),)))
    (True, False)
    """
    if op.name == "input":
        return op.knob("name") in NUMBERS
    return op.name in LEAVES | INDEXING | SIGNS or op.knob("site") is not None
