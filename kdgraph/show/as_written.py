"""An expression in the recipe's own spelling, on one line."""

from __future__ import annotations

from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Syntax
from kdgraph.lang.write import write

OPENS, CLOSES = "([", ")]"


def as_written(tree: Syntax) -> str:
    """The words of the recipe; `²` stays `²`.

    >>> from kdgraph.lang.parse import expression
    >>> as_written(expression("T²·kd(t ‖ s)   + (a + b)"))
    'T²·kd(t ‖ s) + (a + b)'
    """
    return one_line(whole(tree.span).text) or write(tree)


def one_line(text: str) -> str:
    """A text without line breaks and wide gaps."""
    return " ".join(text.split())


def whole(span: Span) -> Span:
    """A span with the brackets that stand around its first or last part.

    The tree of `(a + b)·c` begins at `a`, since brackets are no piece of it.
    """
    text, start, end = span.source.text, span.start, span.end
    depth = lowest = 0
    for letter in text[start:end]:
        depth += (letter in OPENS) - (letter in CLOSES)
        lowest = min(lowest, depth)
    before, after = -lowest, depth - lowest
    while before and start > 0:
        start -= 1
        before += (text[start] in CLOSES) - (text[start] in OPENS)
    while after and end < len(text):
        after += (text[end] in OPENS) - (text[end] in CLOSES)
        end += 1
    return span if before or after else Span(span.source, start, end)
