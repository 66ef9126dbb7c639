"""Text to tree: one expression, by the grammar in `grammars/loss.lark`."""

from __future__ import annotations

from functools import cache

from lark import Lark, Tree
from lark.exceptions import UnexpectedInput

from kdgraph.files import grammar
from kdgraph.lang.brackets import DEEPEST, wrong_brackets
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.text import TooDeep
from kdgraph.lang.grow import grown
from kdgraph.lang.place import Place
from kdgraph.lang.source import Source
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.unreadable import explained


def expression(text: str, place: Place | None = None) -> Syntax:
    """The tree of `text`; raises `RecipeError` with one diagnostic where it can't be read.

    >>> expression("a + b") == expression("(a+b)")
    True
    """
    if place is None:
        place = Place(Source("<expression>", text), lambda offset: offset)
    mistake = wrong_brackets(text, place)
    if mistake:
        raise RecipeError(mistake)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise RecipeError(explained(error, text, place)) from None
    if _levels(tree) > 2 * DEEPEST:
        raise RecipeError(TooDeep(span=place.span(0, 1), limit=2 * DEEPEST))
    return grown(tree, place)


@cache
def _parser() -> Lark:
    return Lark(grammar("loss.lark"), parser="lalr", propagate_positions=True)


def _levels(tree: object) -> int:
    """How many levels the parser's tree has, counted without recursion."""
    level, count = [tree], 0
    while level:
        level = [child for one in level if isinstance(one, Tree) for child in one.children]
        count += 1
    return count
