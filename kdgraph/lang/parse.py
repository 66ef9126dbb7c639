"""Text to tree: one expression, by the grammar in `grammars/loss.lark`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lark import Lark, Token, Transformer, Tree, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from kdgraph.files import grammar
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.errors.text import (
    EndsEarly,
    TooDeep,
    TooLong,
    UnbalancedBracket,
    UnexpectedWord,
    UnknownCharacter,
)
from kdgraph.lang.source import Source, Span
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

DEEPEST = 100
MOST_LETTERS = 10_000
LARGEST = 1e100
SIGNS = {"·": "*", "⋅": "*", "×": "*", "−": "-", "**": "^", "≤": "<=", "≥": ">=", "≠": "!="}
WORDS = {
    "NAME": "a name", "NUMBER": "a number", "LPAR": "`(`", "LSQB": "`[`", "RPAR": "`)`",
    "RSQB": "`]`", "COMMA": "`,`", "BARS": "`‖`", "EQUALS": "`=`", "IN": "`in`",
}  # fmt: skip
SEPARATORS = {"COMMA", "BARS"}
BETWEEN = {"PLUS", "TIMES", "OVER", "MATMUL", "POWER", "COMPARE"}
ADVICE = {
    "EQUALS": "`=` gives a knob its value inside a call, as in `kd(a ‖ b, T=4)`; compare with `==`",
    "COMMA": "a comma stands between the arguments of a call: `kd(a, b)`",
    "BARS": "`‖` stands between the arguments of a call: `kl(p ‖ q)`",
    "COLON": "`:` stands inside brackets, as in `v[:, 1:]`",
    "COMPARE": "compare two values at a time, or put brackets around one comparison",
    "SIGMA": "put brackets around the sum: `(Σ(t in teachers) …)`",
    "RPAR": "write the missing value before it, or take the sign before it out",
    "RSQB": "write the missing value before it, or take the sign before it out",
}
"""what to do about a token that can't stand where it stands"""
CHARACTERS = {
    **dict.fromkeys("\"'“”‘’„«»", "words and numbers stand without quotes: `reduce=none`, `T=4`"),
    **dict.fromkeys("{}", "use round brackets in an expression, and `[a, b]` for a list"),
    **dict.fromkeys("–—‐", "write a minus as `-`"),
    "|": "write `‖` or `||` between two distributions",
    ";": "put each expression on a line of its own in `where`",
    "&": "write the product of two masks with `·`",
    "!": "write `!=` for unequal",
    "÷": "divide with `/`",
    "√": "write `sqrt(v)`",
    "\\": "names are written out or as Greek letters: `λ` or `lambda`",
    **{letter: f"write `^{digit}`" for digit, letter in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}
"""what to do about a character that no expression uses"""
OPENS = {"(": ")", "[": "]"}
CLOSES = {")": "(", "]": "["}


@dataclass(frozen=True)
class Place:
    """Where the text of an expression stands: how an offset in it maps to the file."""

    source: Source
    at: Callable[[int], int]

    def span(self, start: int, end: int) -> Span:
        """The span in the file of code points in the expression."""
        return Span(self.source, self.at(start), self.at(max(start, end - 1)) + 1)


def expression(text: str, place: Place | None = None) -> Syntax:
    """The tree of `text`; raises `RecipeError` with one diagnostic where it can't be read.

    >>> expression("a + b") == expression("(a+b)")
    True
    """
    if place is None:
        place = Place(Source("<expression>", text), lambda offset: offset)
    mistake = _brackets(text, place)
    if mistake:
        raise RecipeError(mistake)
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise RecipeError(_explain(error, text, place)) from None
    if _levels(tree) > 2 * DEEPEST:
        raise RecipeError(TooDeep(span=place.span(0, 1), limit=2 * DEEPEST))
    try:
        made: object = _Builder(place).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, RecipeError):
            raise error.orig_exc from None
        raise
    assert isinstance(made, Syntax)
    return made


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


def _brackets(text: str, place: Place) -> Diagnostic | None:
    """The first bracket without a partner, or a nesting that is too deep."""
    open_: list[tuple[str, int]] = []
    if len(text) > MOST_LETTERS:
        return TooLong(span=place.span(0, 1), what="an expression", limit=MOST_LETTERS)
    for offset, letter in enumerate(text):
        if letter in OPENS:
            open_.append((letter, offset))
            if len(open_) > DEEPEST:
                return TooDeep(span=place.span(offset, offset + 1), limit=DEEPEST)
        elif letter in CLOSES:
            if not open_:
                return UnbalancedBracket(
                    span=place.span(offset, offset + 1), bracket=letter,
                    words=f"no `{CLOSES[letter]}` before it",
                    advice="take it out, or open a bracket before it",
                )  # fmt: skip
            opener, start = open_.pop()
            if OPENS[opener] != letter:
                return UnbalancedBracket(
                    span=place.span(start, start + 1), bracket=opener,
                    words=f"closed by `{letter}`",
                    advice=f"close it with `{OPENS[opener]}` before the `{letter}`",
                )  # fmt: skip
    if not open_:
        return None
    opener, start = open_[-1]
    return UnbalancedBracket(
        span=place.span(start, start + 1), bracket=opener, words="never closed",
        advice=f"add the missing `{OPENS[opener]}`",
    )  # fmt: skip


def _explain(error: UnexpectedInput, text: str, place: Place) -> Diagnostic:
    if isinstance(error, UnexpectedCharacters):
        offset = error.pos_in_stream or 0
        letter = text[offset]
        name = unicodedata.name(letter, f"U+{ord(letter):04X}").lower()
        return UnknownCharacter(
            span=place.span(offset, offset + 1),
            character=letter if letter.isprintable() else "?",
            words=name,
            advice=CHARACTERS.get(letter, UnknownCharacter.advice),
        )
    assert isinstance(error, UnexpectedToken)
    kinds = set(error.accepts or error.expected)
    expected = _expected(kinds)
    token = error.token
    if token.type == "$END":
        end = len(text.rstrip())
        return EndsEarly(span=place.span(max(0, end - 1), max(1, end)), expected=expected)
    start = token.start_pos or 0
    found = str(token)
    span = place.span(start, start + len(found))
    advice = ADVICE.get(token.type, UnexpectedWord.advice)
    if token.type in BETWEEN and "NUMBER" in kinds:
        advice = "one sign stands between two values: take one out, or write the missing value"
    elif kinds == {"NAME"}:
        advice = "a name follows the dot; numbers stand in brackets, as in `student.layer3[1]`"
    elif kinds == {"IN"}:
        advice = "write `in` before it, as in `t in teachers`"
    elif kinds & SEPARATORS and token.type not in ADVICE:
        advice = "write a sign or a comma before it, or take it out"
    return UnexpectedWord(span=span, found=found, expected=expected, advice=advice)


def _expected(kinds: set[str]) -> str:
    if kinds & {"PLUS", "TIMES"}:
        words = ["a sign", *(WORDS[kind] for kind in ("COMMA", "RPAR", "RSQB") if kind in kinds)]
    elif {"NAME", "NUMBER"} <= kinds:
        words = ["a name", "a number", "`(`"]
    else:
        words = sorted(WORDS[kind] for kind in kinds if kind in WORDS)
    listed = ", ".join(words[:-1])
    return f"{listed} or {words[-1]}" if listed else "".join(words) or "the end of the expression"


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


@v_args(inline=True)
class _Builder(Transformer[Token, Syntax]):
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
            what = f"`{token if len(token) < 20 else token[:20] + '…'}` is larger than 1e100"  # noqa: PLR2004
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
