"""Text to tree: one expression, by the grammar in `grammars/loss.lark`."""

from __future__ import annotations

from functools import cache

from lark import Lark, Token, Tree
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
    if _is_too_deep(tree):
        raise RecipeError(TooDeep(span=place.span(0, 1), limit=2 * DEEPEST))
    return grown(tree, place)


@cache
def _parser() -> Lark:
    return Lark(grammar("loss.lark"), parser="lalr", propagate_positions=True)


def _is_too_deep(tree: Tree[Token]) -> bool:
    """Whether pieces lie too deep in one another; a row of signs, `a + b - c`, is one level."""
    waiting = [(tree, 1)]
    while waiting:
        one, level = waiting.pop()
        if level > 2 * DEEPEST:
            return True
        for place, child in enumerate(one.children):
            if isinstance(child, Tree):
                row = place == 0 and one.data == child.data == "binary"
                waiting.append((child, level if row else level + 1))
    return False
