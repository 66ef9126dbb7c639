"""The tree of an expression: what was written, and where."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from kdgraph.lang.source import Span

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ",
    "omega": "ω",
}  # fmt: skip
LATIN = {letter: word for word, letter in GREEK.items()}
LETTERS = re.compile(r"[a-z]+")
NAME = re.compile(r"[^\W\d][\w\u0300-\u036f]*'*")


def canonical(name: str) -> str:
    """One spelling for a name: NFKC, and Greek letters for their English words.

    >>> canonical("lambda"), canonical("beta_kd"), canonical("p'"), canonical("lambda'")
    ('λ', 'β_kd', "p'", "λ'")
    """
    text = unicodedata.normalize("NFKC", name).replace("′", "'")
    head = LETTERS.match(text)
    word = head.group() if head else ""
    rest = text[len(word) :]
    return GREEK.get(word, word) + rest if not rest or rest[0] in "_'" else text


def is_name(text: str) -> bool:
    """Whether a canonical spelling is that of a name: letters, digits, `_` and `'` at the end."""
    return NAME.fullmatch(text) is not None


@dataclass(frozen=True)
class Syntax:
    """A piece of an expression. Equality looks at what was written, not at where."""

    span: Span = field(compare=False, repr=False)

    def children(self) -> Iterator[Syntax]:
        """The pieces directly inside this one, in the order they were written."""
        for entry in fields(self):
            yield from _pieces(getattr(self, entry.name))

    def walk(self) -> Iterator[Syntax]:
        """This piece and every piece inside it."""
        waiting = [self]
        while waiting:
            piece = waiting.pop()
            yield piece
            waiting += reversed(list(piece.children()))


def _pieces(value: object) -> Iterator[Syntax]:
    if isinstance(value, Syntax):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _pieces(one)


@dataclass(frozen=True)
class Number(Syntax):
    """A literal number, kept as it was written beside its value."""

    value: float
    text: str = field(compare=False)


@dataclass(frozen=True)
class Name(Syntax):
    """A name, in its canonical spelling."""

    id: str


@dataclass(frozen=True)
class Attribute(Syntax):
    """`value.name`: a tap, a field of a record, or an inner name."""

    value: Syntax
    name: str
    at: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Keyword(Syntax):
    """`name=value` in a call."""

    name: str
    value: Syntax
    at: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Call(Syntax):
    """`callee(arguments)`; `barred` says that `‖` stands between the first two."""

    callee: Syntax
    arguments: tuple[Syntax, ...]
    keywords: tuple[Keyword, ...]
    barred: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Slice(Syntax):
    """`start:stop` inside brackets."""

    start: Syntax | None
    stop: Syntax | None


@dataclass(frozen=True)
class Index(Syntax):
    """`value[cells]`."""

    value: Syntax
    cells: tuple[Syntax, ...]


@dataclass(frozen=True)
class Binary(Syntax):
    """Arithmetic on two values: `+ - * / @ ^`."""

    op: str
    left: Syntax
    right: Syntax


def spine(tree: Binary, ops: str = "+-*/@^") -> tuple[Syntax, list[Binary]]:
    """A row of signs such as `a + b - c`: the first operand, and each sign from left to right.

    A sum of many terms is a tree as deep as it is long, and must be read without recursion.
    """
    signs: list[Binary] = []
    first: Syntax = tree
    while isinstance(first, Binary) and first.op in ops:
        signs.append(first)
        first = first.left
    return first, signs[::-1]


@dataclass(frozen=True)
class Compare(Syntax):
    """A comparison: `< <= > >= == !=`."""

    op: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True)
class Negative(Syntax):
    """`−value`."""

    value: Syntax


@dataclass(frozen=True)
class Transpose(Syntax):
    """`valueᵀ`: the last two axes change places."""

    value: Syntax


@dataclass(frozen=True)
class Each(Syntax):
    """`Σ(names in things) body`, `mean(body for names in things)`."""

    kind: str
    names: tuple[str, ...]
    things: Syntax
    body: Syntax


@dataclass(frozen=True)
class Missing(Syntax):
    """A piece that can't be read; what is wrong with it has been said."""


@dataclass(frozen=True)
class Collection(Syntax):
    """A list of values: `[a, b]`."""

    items: tuple[Syntax, ...]
