"""How many numbers a part holds: a part that no machine can hold is refused before it is made."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import LossGraph, shown_count
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

MOST = 10**9
"""numbers of one part: 4 GB in float32, and as much again for its gradient"""
HELD = frozenset({"module", "memory"})


def check_bulk(build: Builder, number: int, tree: Syntax) -> None:
    """Refuse a part of more than a thousand million numbers."""
    count = numbers_of(build.graph, number)
    if count > MOST:
        at = pointed(build.graph, number, build.frames, tree.span).span
        told = f"{shown_count(count)} numbers, more than {shown_count(MOST)}"
        what = f"`{write(tree)}` would hold {told}"
        build.note(TooLarge(span=at, what=what))


def numbers_of(graph: LossGraph, number: int) -> int:
    """The numbers that a part holds, as far as sizes are known; 0 for what is no part."""
    op = graph.node(number).op
    if op.name == "param":
        shape = op.knob("shape")
        return prod(one or 1 for one in shape) if isinstance(shape, tuple) else 1
    word = REGISTRY.get(op.name)
    if word is None or word.kind not in HELD:
        return 0
    sources = graph.sources(number)
    axes = graph.node(sources[0]).axes if sources else None
    maps = word.flag("shape") in {"conv", "deconv"}
    at = 1 if maps else -1
    width = (axes[at].size or 1) if axes and at < len(axes) else 1
    if maps:
        return width * _whole(op.knob("channels")) * _whole(op.knob("k")) ** 2
    counts = [value for _, value in op.knobs if isinstance(value, int)]
    widths = op.knob("widths")
    if isinstance(widths, tuple):
        layers = [width, *map(_whole, widths)]
        return sum(one * other for one, other in pairwise(layers))
    return width * max(counts, default=1)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 1
