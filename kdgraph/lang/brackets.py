"""Brackets of an expression, looked at before the grammar: each has its partner, none too deep."""

from __future__ import annotations

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.text import TooDeep, TooLong, UnbalancedBracket
from kdgraph.lang.place import Place

DEEPEST = 100
MOST_LETTERS = 50_000
OPENS = {"(": ")", "[": "]"}
CLOSES = {")": "(", "]": "["}


def wrong_brackets(text: str, place: Place) -> Diagnostic | None:
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
