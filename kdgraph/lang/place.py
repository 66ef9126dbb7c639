"""Where the text of an expression stands in its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kdgraph.lang.source import Source, Span


@dataclass(frozen=True)
class Place:
    """Where the text of an expression stands: how an offset in it maps to the file."""

    source: Source
    at: Callable[[int], int]

    def span(self, start: int, end: int) -> Span:
        """The span in the file of code points in the expression."""
        return Span(self.source, self.at(start), self.at(max(start, end - 1)) + 1)
