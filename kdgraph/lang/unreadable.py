"""Why an expression can't be read: what was expected, what was found, and what to write."""

from __future__ import annotations

import unicodedata

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.text import EndsEarly, UnexpectedWord, UnknownCharacter
from kdgraph.lang.place import Place

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


def explained(error: UnexpectedInput, text: str, place: Place) -> Diagnostic:
    """What the parser stumbled over, as a diagnostic."""
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
    around = f"{text[start - 1 : start]}{text[start + 1 : start + 2]}"
    if token.type == "COMMA" and len(around) == len("01") and around.isdecimal():
        advice = "numbers are written with a point: `0.1`"
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
