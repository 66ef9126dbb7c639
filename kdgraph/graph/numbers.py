"""A node that is a number must be one: not too large, and no root of -1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.axes import RankMistake
from kdgraph.graph.constant import TooLargeError, constant, is_undefined
from kdgraph.graph.frames import pointed
from kdgraph.graph.graph import Op
from kdgraph.graph.wording import told
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.errors.sorts import Undefined
from kdgraph.lang.grow import LARGEST
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

HOSTS = frozenset({"const", "size", "row_count"})
"""what is a number of Python's when a step runs"""
DEFINED = {
    "log": "`log` takes numbers above 0",
    "sqrt": "`sqrt` takes numbers from 0 up",
    "pow": "0 has no negative power, and a negative number only whole ones",
}


def check_plain(
    build: Builder,
    made: Signature,
    inputs: tuple[tuple[str, int], ...],
    tree: Call,
    spans: dict[str, Span],
) -> None:
    """Refuse a plain number where a word computes with tensors alone, as in `normalize(3)`."""
    alone = made.flag("shape") == "concat" and all(is_plain(build, one) for _, one in inputs)
    for slot, number in inputs[:1] if alone else inputs:
        one = made.parameter(slot.rstrip("0123456789")) or made.parameter(slot)
        if (
            one is None
            or (one.plain and not alone)
            or one.sort == "Labels"
            or not is_plain(build, number)
        ):
            continue
        function = build.frames[0].function if build.frames else made.name
        at = {slot: pointed(build.graph, number, build.frames, spans.get(slot, tree.span))}
        pattern = one.axes if one.axes.strip(". ") else "b ..."
        build.note(*told((RankMistake(slot, pattern, ()),), function, Op(made.name), at))


def is_plain(build: Builder, number: int) -> bool:
    """Whether a value is a number of Python's and no tensor: written, or a size of something."""
    node = build.graph.node(number)
    if node.op.name in HOSTS:
        return True
    if node.axes != ():
        return False
    word = REGISTRY.get(node.op.name)
    if word is not None and not all(one.plain for one in word.parameters if one.is_edge):
        return False
    sources = build.graph.sources(number)
    return bool(sources) and all(is_plain(build, one) for one in sources)


def a_number(build: Builder, number: int, tree: Syntax) -> int:
    """The node, if it has a value or is no constant; else a message, and an unknown."""
    try:
        undefined = is_undefined(build.graph, number)
        constant(build.graph, number)
    except TooLargeError:
        build.note(TooLarge(span=tree.span, what=f"`{write(tree)}` is larger than {LARGEST:g}"))
        return build.unknown(tree.span)
    op = build.graph.node(number).op.name
    if not undefined or op not in DEFINED:
        return number
    values = [constant(build.graph, one) for one in build.graph.sources(number)]
    at = " and ".join(f"{value:g}" for value in values if value is not None)
    place = pointed(build.graph, number, build.frames, tree.span).span
    build.note(Undefined(span=place, words=write(tree), at=f"of {at}", advice=DEFINED[op]))
    return build.unknown(tree.span)
