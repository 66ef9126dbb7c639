"""What a convolution leaves of a map has at least one row and one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import Axes
from kdgraph.lang.errors.sorts import NothingLeft
from kdgraph.lang.syntax import Syntax

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

CONVOLUTIONS = frozenset({"conv", "deconv"})


def check_sides(build: Builder, number: int, tree: Syntax) -> int:
    """The node, if something is left of the map or that is not known; else an unknown."""
    node = build.graph.node(number)
    if node.op.name not in CONVOLUTIONS or not node.axes:
        return number
    if all(axis.size is None or axis.size > 0 for axis in node.axes[2:]):
        return number
    (source, *_) = build.graph.sources(number)
    before = build.graph.node(source).axes or ()
    build.note(
        NothingLeft(
            span=pointed(build.graph, number, build.frames, tree.span).span,
            function=node.op.name,
            before=_shown(before),
            after=_shown(node.axes),
        )
    )
    return build.unknown(tree.span)


def _shown(axes: Axes) -> str:
    return "×".join("?" if axis.size is None else str(max(0, axis.size)) for axis in axes[2:])
