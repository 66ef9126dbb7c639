"""The parser's tree to the classes of `syntax.py`, each with its place in the file."""

from __future__ import annotations

import unicodedata

from lark import Token, Tree, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.errors.text import UnexpectedWord, UnknownCharacter
from kdgraph.lang.place import Place
from kdgraph.lang.source import Span
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
    canonical,
    is_name,
)

LARGEST = 1e38
"""of numbers in a recipe; single precision ends at 3.4e38"""
SHORT = 20
"""characters of a number that a message still shows"""
SIGNS = {"·": "*", "⋅": "*", "×": "*", "−": "-", "**": "^", "≤": "<=", "≥": ">=", "≠": "!="}


def grown(tree: Tree[Token], place: Place) -> Syntax:
    """The tree of classes; raises `RecipeError` where a word is no name or no number."""
    try:
        made: object = _Grower(place).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, RecipeError):
            raise error.orig_exc from None
        raise
    assert isinstance(made, Syntax)
    return made


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


@v_args(inline=True)
class _Grower(Transformer_NonRecursive[Token, Syntax]):
    """From Lark's rules to the classes of `syntax.py`; names as in the grammar."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place

    def _span(self, token: Token) -> Span:
        assert token.start_pos is not None
        return self.place.span(token.start_pos, token.start_pos + len(token))

    def _name(self, token: Token) -> str:
        """A name in its canonical spelling; refused where that is none, as of `⑴`."""
        found = canonical(token)
        if not is_name(found):
            bad = next(n for n, one in enumerate(token) if not is_name(canonical("a" + one)))
            words = unicodedata.name(token[bad], f"U+{ord(token[bad]):04X}").lower()
            start = (token.start_pos or 0) + bad
            at = self.place.span(start, start + 1)
            raise RecipeError(UnknownCharacter(span=at, character=token[bad], words=words))
        return found

    def number(self, token: Token) -> Number:
        value = _number(token)
        if value > LARGEST:
            shown = token if len(token) < SHORT else f"{token[:SHORT]}…"
            what = f"`{shown}` is larger than {LARGEST:g}"
            raise RecipeError(TooLarge(span=self._span(token), what=what))
        return Number(self._span(token), value, str(token).replace("−", "-"))

    def name(self, token: Token) -> Name:
        return Name(self._span(token), self._name(token))

    def group(self, opener: Token, inside: Syntax, closer: Token) -> Syntax:
        del opener, closer
        return inside

    def collection(self, opener: Token, items: tuple[Syntax, ...] | None, closer: Token) -> Syntax:
        span = self._span(opener) | self._span(closer)
        items = items or ()
        return Collection(span, items)

    def items(self, *parts: Syntax | Token) -> tuple[Syntax, ...]:
        return tuple(one for one in parts if isinstance(one, Syntax))

    def cells(self, *parts: Syntax | Token) -> tuple[Syntax, ...]:
        return tuple(one for one in parts if isinstance(one, Syntax))

    def arguments(self, *parts: Syntax | Token) -> tuple[Syntax | Token, ...]:
        return parts

    def target(self, *parts: Token) -> tuple[str, ...]:
        return tuple(self._name(one) for one in parts if one.type == "NAME")

    def binary(self, left: Syntax, sign: Token, right: Syntax) -> Syntax:
        span = left.span | right.span
        op = SIGNS.get(str(sign), str(sign))
        return Binary(span, op, left, right)

    def compare(self, left: Syntax, sign: Token, right: Syntax) -> Syntax:
        span = left.span | right.span
        op = SIGNS.get(str(sign), str(sign))
        return Compare(span, op, left, right)

    def negative(self, sign: Token, value: Syntax) -> Syntax:
        span = self._span(sign) | value.span
        return Negative(span, value)

    def superscript(self, value: Syntax, token: Token) -> Syntax:
        at = self._span(token)
        power = {"²": 2.0, "³": 3.0}[str(token)]
        span = value.span | at
        exponent = Number(at, power, f"{power:g}")
        return Binary(span, "^", value, exponent)

    def transpose(self, value: Syntax, token: Token) -> Syntax:
        span = value.span | self._span(token)
        return Transpose(span, value)

    def attribute(self, value: Syntax, dot: Token, name: Token) -> Syntax:
        del dot
        at = self._span(name)
        span = value.span | at
        return Attribute(span, value, str(name), at)

    def index(
        self, value: Syntax, opener: Token, cells: tuple[Syntax, ...], closer: Token
    ) -> Syntax:
        del opener
        span = value.span | self._span(closer)
        return Index(span, value, cells)

    def slice(self, start: Syntax | None, colon: Token, stop: Syntax | None) -> Syntax:
        span = self._span(colon)
        for end in (start, stop):
            span = span | end.span if end is not None else span
        return Slice(span, start, stop)

    def keyword(self, name: Token, equals: Token, value: Syntax) -> Syntax:
        del equals
        at = self._span(name)
        span = at | value.span
        return Keyword(span, self._name(name), value, at)

    def each(
        self, body: Syntax, word: Token, names: tuple[str, ...], in_: Token, things: Syntax
    ) -> Syntax:
        del word, in_
        span = body.span | things.span
        return Each(span, "", names, things, body)

    def sigma(self, *parts: object) -> Syntax:
        sign, _, names, _, things, _, body = parts
        assert isinstance(sign, Token)
        assert isinstance(names, tuple)
        assert isinstance(things, Syntax)
        assert isinstance(body, Syntax)
        span = self._span(sign) | body.span
        return Each(span, "sum", names, things, body)

    def call(
        self, callee: Syntax, opener: Token, parts: tuple[Syntax | Token, ...] | None, closer: Token
    ) -> Syntax:
        del opener
        span = callee.span | self._span(closer)
        inside = [one for one in parts or () if isinstance(one, Syntax)]
        barred = any(isinstance(one, Token) and one.type == "BARS" for one in parts or ())
        loops = [one for one in inside if isinstance(one, Each) and not one.kind]
        if loops:
            return self._loop(callee, inside, loops[0], span)
        positional = tuple(one for one in inside if not isinstance(one, Keyword))
        keywords = tuple(one for one in inside if isinstance(one, Keyword))
        return Call(span, callee, positional, keywords, barred)

    def _loop(self, callee: Syntax, inside: list[Syntax], loop: Each, span: Span) -> Syntax:
        kind = callee.id if isinstance(callee, Name) else ""
        if kind not in {"sum", "mean"} or len(inside) != 1:
            raise RecipeError(
                UnexpectedWord(
                    span=loop.span,
                    found="for",
                    expected="a value",
                    advice="only `sum(… for x in …)` and `mean(… for x in …)` run over things",
                )
            )
        return Each(span, kind, loop.names, loop.things, loop.body)
