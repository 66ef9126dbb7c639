"""A tree of an expression, written back as text that parses to the same tree."""

from __future__ import annotations

from kdgraph.lang.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Each,
    Index,
    Keyword,
    Missing,
    Name,
    Negative,
    Number,
    Slice,
    Syntax,
    Transpose,
    spine,
)

COMPARISON, TOTAL, PRODUCT, FACTORS, SIGNED, POWER, SUFFIXED = range(7)
RAISED = {"2": "²", "3": "³"}
BINDS = {"+": TOTAL, "-": TOTAL, "*": FACTORS, "/": FACTORS, "@": FACTORS, "^": POWER}
SIGNS = {"+": " + ", "-": " - ", "*": "·", "/": "/", "@": " @ ", "^": "^"}


def write(tree: Syntax) -> str:
    """The expression as text, in one normal form.

    >>> from kdgraph.lang.parse import expression
    >>> write(expression("sup+lambda*kd + beta * (a + alpha*b)"))
    'sup + λ·kd + β·(a + α·b)'
    """
    return _write(tree, COMPARISON)


def _write(tree: Syntax, needed: int) -> str:
    return _held(_form(tree), needed)


def _held(form: tuple[int, str], needed: int) -> str:
    binds, text = form
    return text if binds >= needed else f"({text})"


def _form(tree: Syntax) -> tuple[int, str]:
    """How tightly the outermost sign of a piece binds, and its text."""
    match tree:
        case Number():
            return SUFFIXED, tree.text
        case Name():
            return SUFFIXED, tree.id
        case Attribute():
            number = isinstance(tree.value, Number)  # `1.a` would read as the number `1.`
            value = f"({write(tree.value)})" if number else _write(tree.value, SUFFIXED)
            return SUFFIXED, f"{value}.{tree.name}"
        case Keyword():
            return COMPARISON, f"{tree.name}={write(tree.value)}"
        case Call():
            return SUFFIXED, f"{_write(tree.callee, SUFFIXED)}({_arguments(tree)})"
        case Index():
            cells = ", ".join(write(cell) for cell in tree.cells)
            return SUFFIXED, f"{_write(tree.value, SUFFIXED)}[{cells}]"
        case Slice():
            ends = (write(end) if end else "" for end in (tree.start, tree.stop))
            return COMPARISON, ":".join(ends)
        case Transpose():
            return SUFFIXED, f"{_write(tree.value, SUFFIXED)}ᵀ"
        case Negative():
            needed = PRODUCT if isinstance(tree.value, Each) else SIGNED
            return (PRODUCT if needed == PRODUCT else SIGNED), f"-{_write(tree.value, needed)}"
        case Binary():
            return _binary(tree)
        case Compare():
            left, right = _write(tree.left, TOTAL), _write(tree.right, TOTAL)
            return COMPARISON, f"{left} {tree.op} {right}"
        case Each():
            names = ", ".join(tree.names)
            if tree.kind == "sum":
                target = f"({names})" if len(tree.names) > 1 else names
                body = _write(tree.body, PRODUCT)
                return PRODUCT, f"Σ({target} in {write(tree.things)}) {body}"
            target = f"({names})" if len(tree.names) > 1 else names
            return SUFFIXED, f"{tree.kind}({write(tree.body)} for {target} in {write(tree.things)})"
        case Missing():
            return SUFFIXED, "…"
        case Collection():
            return SUFFIXED, f"[{', '.join(write(item) for item in tree.items)}]"
    msg = f"no way to write {tree!r}"
    raise TypeError(msg)


def _arguments(call: Call) -> str:
    given = [write(one) for one in call.arguments]
    if call.barred and len(given) >= 2:  # noqa: PLR2004 - the sign stands between two
        given[:2] = [f"{given[0]} ‖ {given[1]}"]
    return ", ".join([*given, *(write(one) for one in call.keywords)])


def _binary(tree: Binary) -> tuple[int, str]:
    first, signs = spine(tree)
    form = _form(first)
    for one in signs:
        form = _joined(form, one.op, one.right)
    return form


def _joined(left: tuple[int, str], op: str, right: Syntax) -> tuple[int, str]:
    """What is left of a sign, the sign, and what is right of it."""
    binds = BINDS[op]
    if op == "^" and isinstance(right, Number) and right.text in RAISED:
        return SUFFIXED, _held(left, SUFFIXED) + RAISED[right.text]
    if op == "^":
        return POWER, f"{_held(left, SUFFIXED)}^{_write(right, SIGNED)}"
    left_needed = TOTAL if binds == TOTAL else FACTORS
    right_needed = PRODUCT if binds == TOTAL else SIGNED
    if op == "*" and isinstance(right, Each) and right.kind == "sum":
        return PRODUCT, f"{_held(left, FACTORS)}·{_write(right, PRODUCT)}"
    return binds, f"{_held(left, left_needed)}{SIGNS[op]}{_write(right, right_needed)}"
