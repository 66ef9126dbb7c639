"""Signs between values to nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.checked import checked
from kdgraph.graph.constant import COUNTING, constant, is_whole
from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import Op
from kdgraph.graph.infer import infer_arithmetic, infer_product, infer_transpose
from kdgraph.graph.numbers import a_number
from kdgraph.graph.scope import Scope
from kdgraph.lang.errors.names import NotAValue
from kdgraph.lang.errors.sorts import DividesByZero
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Binary, Compare, Negative, Slice, Syntax, Transpose, spine
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

OPS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"}
COMPARES = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


def arithmetic(build: Builder, tree: Syntax, scope: Scope) -> int:
    """Signs between values."""
    match tree:
        case Binary():
            first, signs = spine(tree)
            number = build.point(first, scope)
            for one in signs:
                number = _joined(build, number, one, scope)
            return number
        case Compare():
            inputs = _two(build, tree.left, tree.right, scope)
            return pointwise(build, COMPARES[tree.op], inputs, tree)
        case Negative():
            inner = (("value", build.point(tree.value, scope)),)
            return pointwise(build, "neg", inner, tree)
        case Transpose():
            number = build.point(tree.value, scope)
            found = infer_transpose(build.graph.node(number))
            return checked(build, Op("transpose"), (("value", number),), found, tree)
        case Slice():
            build.note(
                NotAValue(
                    span=tree.span,
                    name=write(tree),
                    what="a slice",
                    advice="slices stand in brackets after a value, as in `v[:, 1:]`",
                )
            )
            return build.unknown(tree.span)
    msg = f"no way to build {tree!r}"
    raise TypeError(msg)


def _joined(build: Builder, left: int, tree: Binary, scope: Scope) -> int:
    """What is left of a sign, the sign, and what is right of it."""
    inputs = (("left", left), ("right", build.point(tree.right, scope)))
    if tree.op == "@":
        return checked(build, Op("matmul"), inputs, infer_product(build.seen(inputs)), tree)
    return pointwise(build, OPS[tree.op], inputs, tree)


def _two(build: Builder, left: Syntax, right: Syntax, scope: Scope) -> tuple[tuple[str, int], ...]:
    return (("left", build.point(left, scope)), ("right", build.point(right, scope)))


def pointwise(build: Builder, op: str, inputs: tuple[tuple[str, int], ...], tree: Syntax) -> int:
    """A node of arithmetic."""
    found = infer_arithmetic(op, build.seen(inputs))
    if op in COUNTING and _stay_whole(build, [number for _, number in inputs]):
        inputs = tuple((slot, _whole(build, number)) for slot, number in inputs)
    number = a_number(build, checked(build, Op(op), inputs, found, tree), tree)
    if build.graph.node(number).op.name != op:
        return number
    if op == "div" and constant(build.graph, inputs[1][1]) == 0:
        at = pointed(build.graph, inputs[1][1], build.frames, _divisor(tree)).span
        build.note(DividesByZero(span=at))
        return build.unknown(tree.span)
    return number


def _stay_whole(build: Builder, numbers: list[int]) -> bool:
    """Whether labels or truth values meet whole numbers, whose results are whole again."""
    graph = build.graph
    moving = any(constant(graph, one) is None for one in numbers)
    return moving and all(is_whole(graph, one) for one in numbers)


def _whole(build: Builder, number: int) -> int:
    node, value = build.graph.node(number), constant(build.graph, number)
    if value is None or node.span is None:
        return number
    return build.leaf(Op("const", (("value", int(value)),)), "Scalar", (), node.span)


def _divisor(tree: Syntax) -> Span:
    """What stands right of the sign."""
    return tree.right.span if isinstance(tree, Binary) else tree.span
