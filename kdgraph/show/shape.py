"""Axes as people write them: `b×128`, `b×k`, `3b×10`."""

from __future__ import annotations

from kdgraph.graph.graph import Node

LETTERS = {
    "Logits": "bk",
    "Distribution": "bk",
    "LogDistribution": "bk",
    "Embedding": "bd",
    "Map": "bchw",
    "Tokens": "bnd",
    "Image": "bchw",
}


def shape(node: Node) -> str:
    """The axes of a value; empty for a number and where nothing is known.

    Sizes that only the real networks tell are the letters people use for them.

    >>> from kdgraph.graph.graph import Axis, Op
    >>> shape(Node(Op("tap"), "Logits", (Axis(rows="b"), Axis())))
    'b×k'
    """
    if not node.axes:
        return ""
    letters = LETTERS.get(node.sort, "")
    if len(letters) != len(node.axes):
        letters = "?" * len(node.axes)
    return "×".join(
        letter if axis.size is None and not axis.rows else str(axis)
        for letter, axis in zip(letters, node.axes, strict=True)
    )
