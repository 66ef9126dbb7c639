"""Brackets after a value: an item of a collection, a step into a model, rows, or columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.axes import RankMistake
from kdgraph.graph.branches import branches
from kdgraph.graph.checked import checked
from kdgraph.graph.constant import constant
from kdgraph.graph.fits import check_examples, check_rows, no_index
from kdgraph.graph.graph import Axis, Node, Op
from kdgraph.graph.infer import WHOLE, Inferred, SortMistake, infer_columns, moved
from kdgraph.graph.knobs import static
from kdgraph.graph.scope import Scope
from kdgraph.graph.steps import step_into
from kdgraph.graph.values import Inner, Maker, Many, Model, Path, Point, Unknown, Value
from kdgraph.lang.errors.collections import OutOfRange, WrongIndex
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Index, Negative, Number, Slice, Syntax
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


def index(build: Builder, tree: Index, scope: Scope) -> Value:
    """Brackets: an item of a collection, a step into a model, rows, or columns."""
    value = build.value(tree.value, scope)
    if isinstance(value, Maker):
        value = branches(build, value)
    match value:
        case Many():
            return _item(build, value, tree, scope)
        case Path() if len(tree.cells) == 1:
            place = _whole(tree.cells[0])
            inside = None if place is None else step_into(build, value, place, tree)
            if inside is not None:
                return inside
        case Unknown():
            for cell in tree.cells:
                _look(build, cell, scope)
            return value
        case Model() | Maker() | Inner():
            return Point(build.node_of(value, tree.value))
    number = build.node_of(value, tree.value)
    if len(tree.cells) == 1:
        return Point(_rows(build, number, tree, tree.cells[0], scope))
    return Point(_columns(build, number, tree, scope))


def _look(build: Builder, cell: Syntax, scope: Scope) -> None:
    if not isinstance(cell, Slice):
        build.value(cell, scope)


def _whole(cell: Syntax | None) -> int | None:
    if isinstance(cell, Negative):
        inner = _whole(cell.value)
        return None if inner is None else -inner
    return int(cell.value) if isinstance(cell, Number) and cell.value == int(cell.value) else None


def _item(build: Builder, many: Many, tree: Index, scope: Scope) -> Value:
    cell = tree.cells[0]
    if isinstance(cell, Slice):
        return Many(many.items[_whole(cell.start) : _whole(cell.stop)], many.what)
    count = len(many.items)
    number = static(build, cell, scope, write(tree.value), "index")
    if number is None:
        return Unknown()
    place = int(number)
    if place != number or not -count <= place < count:
        build.note(OutOfRange(span=cell.span, index=place, count=count, last=count - 1))
        return Unknown()
    return many.items[place]


def _rows(build: Builder, number: int, tree: Index, cell: Syntax, scope: Scope) -> int:
    """`v[j]`: rows of a value, by a node of row numbers."""
    node = build.graph.node(number)
    if isinstance(cell, Slice):
        ends = (("start", _whole(cell.start)), ("stop", _whole(cell.stop)))
        axes = (_some(node.axes[0], cell), *node.axes[1:]) if node.axes else None
        found = Inferred(node.sort, axes)
        if node.axes == ():
            found = Inferred(mistakes=(RankMistake("value", "b ...", ()),))
        spans = {"value": tree.value.span}
        return checked(build, Op("slice_rows", ends), (("value", number),), found, tree, spans)
    place = _whole(cell)
    which = build.point(cell, scope) if place is None else None
    value = constant(build.graph, which) if which is not None else None
    if value is not None and value == int(value):
        place = int(value)  # of a name, or computed
    if which is None or place is not None:
        which = build.leaf(Op("const", (("value", place),)), "Scalar", (), cell.span)
    inside = build.graph.node(which)
    axes = (*inside.axes, *node.axes[1:]) if node.axes and inside.axes is not None else None
    found = Inferred(node.sort if axes is None or axes else "Scalar", axes)
    wrong = no_index(build.graph, which)
    if not check_rows(build, number, which, cell.span):
        return build.unknown(tree.span)
    if wrong:
        found = Inferred(mistakes=(SortMistake("which", WHOLE, wrong),))
    elif node.axes == ():
        found = Inferred(mistakes=(RankMistake("value", "b ...", ()),))
    spans = {"value": tree.value.span, "which": cell.span}
    return checked(build, Op("rows"), (("value", number), ("which", which)), found, tree, spans)


def _some(axis: Axis, cell: Slice) -> Axis:
    """Some rows: so many where their number is known, else rows of their own kind.

    Rows are the same where equally many of a batch are left: `v[1:] - v[:-1]`.
    """
    start, stop = _whole(cell.start) or 0, _whole(cell.stop)
    if not axis.rows:
        return _cut(axis, start, stop)
    if start == 0 and stop is None:
        return axis
    if start >= 0 and (stop is None or stop < 0):
        return Axis(rows=f"{axis.rows}−{start - (stop or 0)}")
    return Axis(rows=f"{axis.rows}[{start or ''}:{'' if stop is None else stop}]")


def _columns(build: Builder, number: int, tree: Index, scope: Scope) -> int:
    """`v[:, 0]`, `v[:, 1:]`, `v[:, J]`: one column, a range, or those J names for each row.

    As in Python, columns are the second axis: of tokens (b, n, d), `[:, 0]` is the first one.
    """
    node = build.graph.node(number)
    cell = tree.cells[1]
    if len(tree.cells) != 2 or not _all(tree.cells[0]):  # noqa: PLR2004 - rows and columns
        build.note(WrongIndex(span=tree.span, words=write(tree)))
        return build.unknown(tree.span)
    if isinstance(cell, Slice):
        start, stop = _whole(cell.start), _whole(cell.stop)
        op = Op("slice_columns", (("start", start), ("stop", stop)))
        found = _sliced(node, start, stop)
        return checked(build, op, (("value", number),), found, tree, {"value": tree.value.span})
    place = _whole(cell)
    if node.axes == ():
        found = Inferred(mistakes=(RankMistake("value", "b n", ()),))
        at = {"value": tree.value.span}
        return checked(build, Op("column"), (("value", number),), found, tree, at)
    if place is not None:
        count = node.axes[1].size if node.axes and node.axes[1:] else None
        if count is not None and not -count <= place < count:
            what = "column"
            build.note(
                OutOfRange(span=cell.span, what=what, index=place, count=count, last=count - 1)
            )
            return build.unknown(tree.span)
        return column(build, number, place, tree.span)
    which = build.point(cell, scope)
    inputs = (("value", number), ("which", which))
    spans = {"value": tree.value.span, "which": cell.span}
    if not check_examples(build, number, which, cell.span, tree.value.span):
        return build.unknown(tree.span)
    found = infer_columns(node, build.graph.node(which))
    wrong = no_index(build.graph, which)
    if wrong:
        found = Inferred(mistakes=(SortMistake("which", WHOLE, wrong),))
    return checked(build, Op("columns"), inputs, found, tree, spans)


def _sliced(node: Node, start: int | None, stop: int | None) -> Inferred:
    """Some columns: of tokens, some tokens; of maps, some channels."""
    if node.axes is None:
        return Inferred()
    if len(node.axes) < 2:  # noqa: PLR2004 - rows and columns
        return Inferred(mistakes=(RankMistake("value", "b n", node.axes),))
    axes = (node.axes[0], _cut(node.axes[1], start, stop), *node.axes[2:])
    return Inferred(node.sort if node.sort in {"Tokens", "Map"} else moved(node), axes)


def _all(cell: Syntax) -> bool:
    return isinstance(cell, Slice) and cell.start is None and cell.stop is None


def _cut(axis: Axis, start: int | None, stop: int | None) -> Axis:
    if axis.size is None:
        return Axis()
    return Axis(len(range(axis.size)[start:stop]))


def column(build: Builder, number: int, place: int, span: Span) -> int:
    """One column of a value, as one number for each row."""
    node = build.graph.node(number)
    axes = None if not node.axes else (*node.axes[:1], *node.axes[2:]) if node.axes[1:] else ()
    op = Op("column", (("place", place),))
    sort = {"Tokens": "Embedding"}.get(node.sort, "Scalar" if axes == () else moved(node))
    return build.add(op, (("value", number),), Inferred(sort, axes), span)
