"""Sides of a map: something is left of it, heads part its channels, tokens make a square."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import Axes
from kdgraph.lang.errors.sorts import NoSquare, NothingLeft, UnevenHeads
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Syntax

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

KERNEL = NothingLeft.advice
REMEDIES = {
    "conv": KERNEL,
    "deconv": KERNEL,
    "avgpool": "take a smaller `k`",
    "cells": "take fewer cells",
    "patches": "take fewer patches",
}
"""the words that leave a smaller map, and what to do where nothing is left of it"""


def check_sides(build: Builder, number: int, tree: Syntax) -> int:
    """The node, if something is left of the map or that is not known; else an unknown."""
    node = build.graph.node(number)
    if node.op.name == "grid":
        return _check_square(build, number, tree)
    if node.op.name not in REMEDIES or not node.axes:
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
            advice=REMEDIES[node.op.name],
        )
    )
    return build.unknown(tree.span)


def check_heads(build: Builder, number: int, spans: dict[str, Span], tree: Syntax) -> None:
    """Note maps of `attend` whose channels its heads don't divide."""
    op = build.graph.node(number).op
    heads = op.knob("heads") if op.name == "attend" else None
    if not isinstance(heads, int):
        return
    for slot, source in build.graph.inputs(number):
        axes = build.graph.node(source).axes
        channels = axes[1].size if axes and len(axes) > 1 else None
        if slot != "k" and channels is not None and channels % heads:
            at = pointed(build.graph, source, build.frames, spans.get(slot, tree.span)).span
            build.note(UnevenHeads(span=at, function=op.name, channels=channels, heads=heads))
            return


def _check_square(build: Builder, number: int, tree: Syntax) -> int:
    (source,) = build.graph.sources(number)
    axes = build.graph.node(source).axes or ()
    count = axes[1].size if len(axes) > 1 else None
    if count is None or isqrt(count) ** 2 == count:
        return number
    at = pointed(build.graph, number, build.frames, tree.span).span
    build.note(NoSquare(span=at, count=count))
    return build.unknown(tree.span)


def _shown(axes: Axes) -> str:
    return "×".join("?" if axis.size is None else str(max(0, axis.size)) for axis in axes[2:])
