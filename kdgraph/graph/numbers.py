"""A node that is a number must be one: not beyond 1e100, and no root of -1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.constant import TooLargeError, constant, is_undefined
from kdgraph.graph.frames import pointed
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.errors.sorts import Undefined
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.write import write

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

DEFINED = {
    "log": "`log` takes numbers above 0",
    "sqrt": "`sqrt` takes numbers from 0 up",
    "pow": "0 has no negative power, and a negative number only whole ones",
}


def a_number(build: Builder, number: int, tree: Syntax) -> int:
    """The node, if it has a value or is no constant; else a message, and an unknown."""
    try:
        undefined = is_undefined(build.graph, number)
        constant(build.graph, number)
    except TooLargeError:
        build.note(TooLarge(span=tree.span, what=f"`{write(tree)}` is larger than 1e100"))
        return build.unknown(tree.span)
    op = build.graph.node(number).op.name
    if not undefined or op not in DEFINED:
        return number
    values = [constant(build.graph, one) for one in build.graph.sources(number)]
    at = " and ".join(f"{value:g}" for value in values if value is not None)
    place = pointed(build.graph, number, build.frames, tree.span).span
    build.note(Undefined(span=place, words=write(tree), at=f"of {at}", advice=DEFINED[op]))
    return build.unknown(tree.span)
