"""An expression of a recipe as LaTeX."""

from __future__ import annotations

import math

from kdgraph.lang.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Each,
    Index,
    Keyword,
    Name,
    Negative,
    Number,
    Slice,
    Syntax,
    Transpose,
    spine,
)
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY
from kdgraph.show.latex_names import escaped, name, operator, tap

COMPARISON, TOTAL, PRODUCT, POWER, ATOM = range(5)
SIGNS = {"<=": r"\le", ">=": r"\ge", "!=": r"\neq", "==": "=", "<": "<", ">": ">"}
OPERATORS = {
    "exp": r"\exp", "log": r"\log", "cos": r"\cos", "min": r"\min", "max": r"\max",
    "tanh": r"\tanh", "kl": r"\mathrm{KL}", "cross_entropy": r"\mathrm{CE}", "entropy": "H",
    "sigmoid": r"\sigma", "jsd": r"\mathrm{JSD}",
}  # fmt: skip
AROUND = {
    "abs": r"\lvert {} \rvert", "norm": r"\lVert {} \rVert", "sqrt": r"\sqrt{{{}}}",
    "detach": r"\operatorname{{sg}}({})", "normalize": r"\frac{{{0}}}{{\lVert {0} \rVert}}",
}  # fmt: skip
LONG = 24  # a fraction of longer sides is hard to read when it repeats them


def latex(tree: Syntax) -> str:
    r"""An expression as LaTeX.

    >>> from kdgraph.lang.parse import expression
    >>> print(latex(expression("T²·kl(p ‖ softmax(z/T))")))
    T^{2}\,\mathrm{KL}\bigl(p \,\|\, \operatorname{softmax}\bigl(\frac{z}{T}\bigr)\bigr)
    """
    return _held(tree, COMPARISON)


def _held(tree: Syntax, needed: int) -> str:
    return _bound(_form(tree), needed)


def _bound(form: tuple[int, str], needed: int) -> str:
    binds, text = form
    return text if binds >= needed else brackets(text)


def brackets(text: str) -> str:
    """A text in round brackets, taller ones where it is tall."""
    tall = any(sign in text for sign in (r"\frac", r"\sum", r"\bigl", r"\sqrt"))
    return rf"\bigl({text}\bigr)" if tall else f"({text})"


def _form(tree: Syntax) -> tuple[int, str]:
    """How tightly the outermost sign of a piece binds, and its LaTeX."""
    match tree:
        case Call():
            return _call(tree)
        case Binary():
            return _binary(tree)
        case Negative():
            return TOTAL, f"-{_held(tree.value, PRODUCT)}"
        case Compare():
            left, right = _held(tree.left, TOTAL), _held(tree.right, TOTAL)
            return COMPARISON, f"{left} {SIGNS[tree.op]} {right}"
        case Each():
            return PRODUCT, _each(tree)
    return ATOM, _atom(tree)


def _atom(tree: Syntax) -> str:
    match tree:
        case Number():
            return _number(tree)
        case Name():
            return name(tree.id)
        case Attribute() | Index():
            return _value(tree)
        case Transpose():
            return _raised(_form(tree.value), r"\top")
        case Collection():
            return rf"\bigl[{', '.join(map(latex, tree.items))}\bigr]"
    return rf"\text{{{escaped(write(tree))}}}"


def _number(tree: Number) -> str:
    """A number as it was written; powers of ten and π as people write them."""
    if math.isclose(tree.value, math.pi, rel_tol=1e-12):
        return r"\pi"
    head, mark, power = tree.text.lower().partition("e")
    if not mark:
        return head
    power = power.replace("−", "-").lstrip("+")
    return f"10^{{{power}}}" if head == "1" else rf"{head} \cdot 10^{{{power}}}"


def _binary(tree: Binary) -> tuple[int, str]:
    first, signs = spine(tree)
    form = _form(first)
    for one in signs:
        form = _joined(form, one)
    return form


def _joined(left: tuple[int, str], tree: Binary) -> tuple[int, str]:
    """What is left of a sign, the sign, and what is right of it."""
    match tree.op:
        case "+" | "-":
            return TOTAL, f"{_bound(left, TOTAL)} {tree.op} {_held(tree.right, PRODUCT)}"
        case "/":
            return ATOM, rf"\frac{{{left[1]}}}{{{latex(tree.right)}}}"
        case "^":
            return POWER, _raised(left, latex(tree.right))
    numbers = isinstance(tree.left, Number) and isinstance(tree.right, Number)
    sign = r" \cdot " if numbers else r"\,"
    return PRODUCT, f"{_bound(left, PRODUCT)}{sign}{_held(tree.right, PRODUCT)}"


def _raised(form: tuple[int, str], above: str) -> str:
    """A power; LaTeX takes no two of them side by side."""
    below = _bound(form, ATOM)
    return f"{brackets(below) if '^' in below else below}^{{{above}}}"


def _each(tree: Each) -> str:
    names = ",\\,".join(map(name, tree.names))
    index = names if len(tree.names) == 1 else f"({names})"
    under = rf"{index} \in {latex(tree.things)}"
    if tree.kind == "sum":
        return rf"\sum_{{{under}}} {_held(tree.body, PRODUCT)}"
    return rf"\operatorname*{{mean}}_{{{under}}} {_held(tree.body, PRODUCT)}"


def _value(tree: Attribute | Index) -> str:
    """A tap of a model, a name inside a recipe, rows or columns."""
    path = write(tree)
    head, dot, rest = path.partition(".")
    columns = isinstance(tree, Index) and len(tree.cells) > 1
    if dot and head.isidentifier() and isinstance(_root(tree), Name) and not columns:
        return tap(head, rest)
    if isinstance(tree, Attribute) and isinstance(tree.value, Call):
        views = ", ".join(map(latex, tree.value.arguments))
        if isinstance(tree.value.callee, Name):
            return f"{tap(tree.value.callee.id, tree.name)}({views})"
    if isinstance(tree, Index):
        cells = ", ".join(_cell(cell) for cell in tree.cells)
        value = _held(tree.value, ATOM)
        return f"{f'{{{value}}}' if '_' in value else value}_{{[{cells}]}}"
    return f"{_held(tree.value, ATOM)}.{name(tree.name)}"


def _root(tree: Syntax) -> Syntax:
    while isinstance(tree, (Attribute, Index)):
        tree = tree.value
    return tree


def _cell(cell: Syntax) -> str:
    if isinstance(cell, Slice):
        return ":".join(latex(end) if end is not None else "" for end in (cell.start, cell.stop))
    return latex(cell)


def _call(tree: Call) -> tuple[int, str]:
    word = tree.callee.id if isinstance(tree.callee, Name) else ""
    edges, knobs = _parted(tree, word)
    given = [latex(one) for one in edges]
    bar = tree.barred and len(given) > 1
    inside = rf"{given[0]} \,\|\, {', '.join(given[1:])}" if bar else ", ".join(given)
    if word in AROUND and len(given) == 1 and not knobs:
        shape = AROUND[word]
        if word == "normalize" and len(inside) > LONG:
            return ATOM, rf"{operator('unit')}{brackets(inside)}"
        return (ATOM if word != "normalize" else PRODUCT), shape.format(inside)
    if not edges:
        inside, knobs = ", ".join(knobs), []
    head = OPERATORS.get(word) or (operator(word) if word else _held(tree.callee, ATOM))
    lowered = f"_{{{', '.join(knobs)}}}" if knobs else ""
    return ATOM, f"{head}{lowered}{brackets(inside)}"


def _parted(tree: Call, word: str) -> tuple[list[Syntax], list[str]]:
    """Arguments that are values, and knobs as `T=4`, which stand below the name."""
    made = REGISTRY.get(word)
    slots = list(made.parameters) if made is not None else []
    edges: list[Syntax] = []
    knobs: list[str] = []
    many = next((at for at, one in enumerate(slots) if one.many), len(slots) - 1)
    for at, argument in enumerate(tree.arguments):
        slot = slots[min(at, many)] if slots else None
        if slot is not None and not slot.is_edge:
            knobs.append(latex(argument))
        else:
            edges.append(argument)
    knobs += [_knob(one) for one in tree.keywords]
    return edges, knobs


def _knob(one: Keyword) -> str:
    """`T=4`; what is handed on under its own name, as in `rows=rows`, is said once."""
    same = isinstance(one.value, Name) and one.value.id == one.name
    return name(one.name) if same else f"{name(one.name)}={latex(one.value)}"
