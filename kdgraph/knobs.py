"""The types of knobs: what a number in a call may be, and how to say so."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

Positive = Annotated[float, "Positive"]
NotNegative = Annotated[float, "NotNegative"]
Share = Annotated[float, "Share"]
Count = Annotated[int, "Count"]
Natural = Annotated[int, "Natural"]
Several = Annotated[int, "Several"]


@dataclass(frozen=True)
class Knob:
    """A type of knob: what it takes, in words and as a test."""

    words: str
    takes: Callable[[object], bool]
    whole: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it takes numbers, and not words."""
        return self.words.startswith(("a number", "a whole number"))


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(value: object) -> bool:
    return isinstance(value, (int, float)) and _number(value) and float(value).is_integer()


def _bound(value: object, test: Callable[[float], bool]) -> bool:
    return isinstance(value, (int, float)) and _number(value) and test(float(value))


KNOBS = {
    "float": Knob("a number", _number),
    "int": Knob("a whole number", _whole, whole=True),
    "Positive": Knob("a number above 0", lambda v: _bound(v, lambda x: x > 0)),
    "NotNegative": Knob("a number from 0 up", lambda v: _bound(v, lambda x: x >= 0)),
    "Share": Knob("a number from 0 to 1", lambda v: _bound(v, lambda x: 0 <= x <= 1)),
    "Count": Knob(
        "a whole number from 1 up", lambda v: _whole(v) and _bound(v, lambda x: x >= 1), whole=True
    ),
    "Several": Knob(
        "a whole number from 2 up", lambda v: _whole(v) and _bound(v, lambda x: x > 1), whole=True
    ),
    "Natural": Knob(
        "a whole number from 0 up",
        lambda v: _whole(v) and _bound(v, lambda x: x >= 0),
        whole=True,
    ),
    "bool": Knob("true or false", lambda v: isinstance(v, bool)),
    "str": Knob("a name", lambda v: isinstance(v, str)),
}


def knob(annotation: str) -> Knob | None:
    """The knob type an annotation names, or None where it names a tensor.

    >>> knob('Literal["rows", "sum"]').words
    '`rows` or `sum`'
    """
    text = annotation.replace(" | None", "")
    if text in KNOBS:
        return KNOBS[text]
    if text.startswith("Literal["):
        choices = ast.literal_eval(f"({text[len('Literal[') : -1]},)")
        words = " or ".join(f"`{one}`" for one in choices)
        return Knob(words, lambda value: value in choices)
    return None
