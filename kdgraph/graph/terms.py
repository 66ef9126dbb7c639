"""The loss as a sum of terms: flattened over `+`, `−` and factors free of data.

A summand without data, such as the 1 of `1 - mean(cosine(a, b))`, is a term like any other,
called as it is written: it moves the total and no gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.arithmetic import pointwise
from kdgraph.graph.build import Builder
from kdgraph.graph.constant import constant
from kdgraph.graph.graph import Term
from kdgraph.graph.part_names import text_name
from kdgraph.graph.scope import Scope
from kdgraph.lang.errors.sorts import DividesByZero, NotAScalarLoss
from kdgraph.lang.syntax import Binary, Name, Negative, Number, Syntax, spine
from kdgraph.lang.write import write

DATA = frozenset({"input", "tap", "apply", "given", "recall", "unknown", "field"})
Factor = tuple[str, int, str]


def terms_of(build: Builder, loss: Syntax, scope: Scope) -> tuple[Term, ...]:
    """The terms of a loss, each with its weight."""
    terms: dict[str, Term] = {}
    for name, value, factors, tree in list(_flattened(build, loss, scope)):
        axes = build.graph.node(value).axes
        if axes:
            shown = ", ".join(map(str, axes))
            build.note(NotAScalarLoss(span=tree.span, term=name, axes=shown))
        weight = _product(build, factors, tree)
        if name in terms and terms[name].value == value:
            both = (("left", terms[name].weight), ("right", weight))
            text = f"{terms[name].factor or 1} + {_factor(factors) or 1}"
            terms[name] = Term(name, value, pointwise(build, "add", both, tree), text)
            continue
        free, count = name, 1
        while free in terms:
            count += 1
            free = f"{name} ({count})"
        terms[free] = Term(free, value, weight, _factor(factors))
    return tuple(terms.values())


def _flattened(
    build: Builder, loss: Syntax, scope: Scope
) -> Iterator[tuple[str, int, list[Factor], Syntax]]:
    """The summands from left to right: name, value, factors and words of each."""
    waiting: list[tuple[Syntax, list[Factor], Syntax | None]] = [(loss, [], None)]
    while waiting:
        tree, factors, minus = waiting.pop()
        if minus is not None:
            factors = [*factors, ("mul", build.const(-1.0, minus.span), "−1")]
        match tree:
            case Binary(op="+" | "-"):
                right = tree if tree.op == "-" else None
                waiting += [(tree.right, factors, right), (tree.left, factors, None)]
                continue
            case Negative():
                waiting.append((tree.value, factors, tree))
                continue
            case Binary(op="*"):
                sides = ((tree.left, tree.right), (tree.right, tree.left))
                free = next((one for one in sides if _may_be_free(one[0], build, scope, tree)), ())
                if free:
                    side, other = free
                    factor = _written(build, side, scope, tree)
                    waiting.append((other, [*factors, ("mul", factor, write(side))], None))
                    continue
            case Binary(op="/"):
                if _may_be_free(tree.right, build, scope, tree):
                    factor = _written(build, tree.right, scope, tree)
                    if constant(build.graph, factor) == 0:
                        build.note(DividesByZero(span=tree.right.span))
                        factor = build.const(1.0, tree.span)
                    over = ("div", factor, write(tree.right))
                    waiting.append((tree.left, [*factors, over], None))
                    continue
        name = tree.id if isinstance(tree, Name) else write(tree)
        yield name, _written(build, tree, scope, tree), factors, tree


def _written(build: Builder, tree: Syntax, scope: Scope, term: Syntax) -> int:
    """The node of a piece of the loss; modules in it are called after the term it is of."""
    labels, build.labels = build.labels, [text_name(term)]
    build.direct = tree if tree is term else None
    number = build.point(tree, scope)
    build.labels = labels
    return number


def _may_be_free(tree: Syntax, build: Builder, scope: Scope, term: Syntax) -> bool:
    """Whether a factor has no data in it: numbers, schedules, learned scalars."""
    match tree:
        case Number():
            return True
        case Binary(op="+" | "-" | "*" | "/"):
            sums = tree.op in "+-"  # its parts may be terms, each called after itself
            first, signs = spine(tree, "+-" if sums else "*/")
            parts = [first, *(one.right for one in signs)]
            return all(_may_be_free(one, build, scope, one if sums else term) for one in parts)
    number = _written(build, tree, scope, term)
    if build.graph.node(number).axes != ():
        return False
    return all(build.graph.node(one).op.name not in DATA for one in build.graph.reach(number))


def _product(build: Builder, factors: list[Factor], tree: Syntax) -> int:
    if not factors:
        return build.const(1.0, tree.span)
    first, *rest = factors
    product = first[1]
    if first[0] == "div":
        one = build.const(1.0, tree.span)
        product = pointwise(build, "div", (("left", one), ("right", product)), tree)
    for op, factor, _ in rest:
        product = pointwise(build, op, (("left", product), ("right", factor)), tree)
    return product


def _factor(factors: list[Factor]) -> str:
    """The weight as text: `β·α`, `−0.5`, `1/2`."""
    signs = sum(text == "−1" for *_, text in factors)
    above = [_held(text) for op, _, text in factors if op == "mul" and text != "−1"]
    below = [_held(text) for op, _, text in factors if op == "div"]
    text = "·".join(above) or ("1" if below or signs % 2 else "")
    return ("−" if signs % 2 else "") + "/".join([text, *below])


def _held(text: str) -> str:
    return f"({text})" if any(sign in text for sign in "+- ") else text
