"""Σ, mean and zip over collections, unrolled while building."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.arithmetic import pointwise
from kdgraph.graph.branches import branches
from kdgraph.graph.indices import column
from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.values import Maker, Many, Point, Unknown, Value
from kdgraph.lang.errors.collections import (
    EmptyCollection,
    NotACollection,
    UnequalZip,
    WrongTarget,
)
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.syntax import Each, Syntax
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

MOST_ROUNDS = 1_000


def collection(build: Builder, tree: Syntax, scope: Scope) -> Many | None:
    """The collection that a piece of an expression stands for; None where it is unknown."""
    value = build.value(tree, scope)
    if isinstance(value, Maker):
        value = branches(build, value)
    elif isinstance(value, Point):
        value = _numbers(build, value, tree)
    if isinstance(value, Many):
        return value
    if not isinstance(value, Unknown) and not _is_unknown(build, value):
        build.note(NotACollection(span=tree.span, words=write(tree)))
    return None


def _numbers(build: Builder, value: Point, tree: Syntax) -> Value:
    """A vector of numbers, one by one, where its length is known before training."""
    axes = build.graph.node(value.number).axes
    size = axes[0].size if axes is not None and len(axes) == 1 else None
    if size is None:
        return value
    items = tuple(Point(column(build, value.number, place, tree.span)) for place in range(size))
    return Many(items, "numbers")


def _is_unknown(build: Builder, value: Value) -> bool:
    return isinstance(value, Point) and build.graph.node(value.number).op.name == "unknown"


def each(build: Builder, tree: Each, scope: Scope) -> Value:
    """`Σ(t in teachers) body`: the body once for each thing, added up."""
    things = collection(build, tree.things, scope)
    if things is None:
        _open_names(build, tree, scope)
        return Point(build.unknown(tree.span))
    if len(things.items) > MOST_ROUNDS:
        build.note(TooLarge(span=tree.span, what=f"a sum over {len(things.items)} things"))
        return Unknown()
    points = []
    for place, thing in enumerate(things.items):
        bound = _unpacked(build, tree, thing)
        if bound is None:
            return Unknown()
        labels = list(build.labels)
        build.labels.append(str(place))
        points.append(build.point(tree.body, scope.inside(bound)))
        build.labels = labels
    if not points:
        build.note(EmptyCollection(span=tree.things.span, words=write(tree.things)))
        return Unknown()
    total = points[0]
    for point in points[1:]:
        total = pointwise(build, "add", (("left", total), ("right", point)), tree)
    if tree.kind == "mean":
        count = build.const(len(points), tree.span)
        total = pointwise(build, "div", (("left", total), ("right", count)), tree)
    return Point(total)


def _open_names(build: Builder, tree: Each, scope: Scope) -> None:
    """Look into the body although its things are not known yet, to find its mistakes."""
    bound: dict[str, Bound | Value] = dict.fromkeys(tree.names, Unknown())
    build.value(tree.body, scope.inside(bound))


def _unpacked(build: Builder, tree: Each, thing: Value) -> dict[str, Bound | Value] | None:
    if len(tree.names) == 1:
        return {tree.names[0]: thing}
    parts = len(thing.items) if isinstance(thing, Many) else 1
    if not isinstance(thing, Many) or parts != len(tree.names):
        build.note(WrongTarget(span=tree.things.span, parts=parts, names=len(tree.names)))
        return None
    return dict(zip(tree.names, thing.items, strict=True))


def zipped(build: Builder, things: list[Many], *, short: bool, tree: Syntax) -> Value:
    """`zip(a, b)`: the first with the first, the second with the second, and so on."""
    lengths = [len(one.items) for one in things]
    if len(set(lengths)) > 1 and not short:
        words = " and ".join(map(str, lengths))
        build.note(UnequalZip(span=tree.span, lengths=words))
        return Unknown()
    rows = zip(*(one.items for one in things), strict=False)
    return Many(tuple(Many(tuple(row)) for row in rows), "pairs")
