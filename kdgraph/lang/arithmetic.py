"""Numbers worked out of a few names: durations such as `epochs/6`, shares such as `5/8`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.names import UnknownName
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.errors.text import NotANumber
from kdgraph.lang.parse import expression
from kdgraph.lang.place import Place
from kdgraph.lang.syntax import Binary, Call, Name, Negative, Number, Syntax, spine
from kdgraph.lang.write import write

SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": math.pow,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min, "max": max, "floor": math.floor, "ceil": math.ceil, "round": round,
    "sqrt": math.sqrt, "log": math.log, "exp": math.exp,
}  # fmt: skip


def evaluate(text: str, names: Mapping[str, float], place: Place | None = None) -> float:
    """The number an expression of numbers and names comes to.

    >>> evaluate("5/8·epochs", {"epochs": 240})
    150.0

    Raises:
        RecipeError: an unknown name, or something that is no arithmetic.
    """
    return number(expression(text, place), names)


def number(tree: Syntax, names: Mapping[str, float]) -> float:
    """The number a tree comes to."""
    try:
        return float(_number(tree, names))
    except (OverflowError, TypeError, ValueError, ZeroDivisionError):
        raise RecipeError(NotANumber(span=tree.span, words=write(tree))) from None


def _number(tree: Syntax, names: Mapping[str, float]) -> float:
    match tree:
        case Number():
            return tree.value
        case Name():
            if tree.id not in names:
                known = ", ".join(f"`{one}`" for one in names) or "numbers"
                advice = suggest(tree.id, names) or f"only {known} can be used here"
                raise RecipeError(UnknownName(span=tree.span, name=tree.id, advice=advice))
            return names[tree.id]
        case Negative():
            return -_number(tree.value, names)
        case Binary():
            first, signs = spine(tree)
            value = _number(first, names)
            for one in signs:
                if one.op not in SIGNS:
                    raise RecipeError(NotANumber(span=tree.span, words=write(tree)))
                value = SIGNS[one.op](value, _number(one.right, names))
            return value
        case Call(callee=Name(id=word)) if word in FUNCTIONS and not tree.keywords:
            return FUNCTIONS[word](*(_number(one, names) for one in tree.arguments))
    raise RecipeError(NotANumber(span=tree.span, words=write(tree)))
