"""Where a piece of text stands: a source and a span of code points in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """A text with the name people know it by."""

    path: str
    text: str

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        breaks = (offset + 1 for offset, letter in enumerate(self.text) if letter == "\n")
        return (0, *breaks)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a code point, both counted from 1."""
        row = bisect_right(self._starts, offset) - 1
        return row + 1, offset - self._starts[row] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line break."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The code point at a line and column, both counted from 0 as YAML marks count them."""
        return self._starts[line] + column


@dataclass(frozen=True)
class Span:
    """Code points `start` (included) to `end` (excluded) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """Line of the first code point, counted from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """Column of the first code point, counted from 1."""
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The words the span covers."""
        return self.source.text[self.start : self.end]

    def __or__(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __repr__(self) -> str:
        """Place and words, short enough for an error of ours."""
        return f"{self.source.path}:{self.line}:{self.column} {self.text!r}"
