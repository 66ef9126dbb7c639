"""The lines of a message: source text with carets under it, long lines clipped."""

from __future__ import annotations

import re
from itertools import groupby

from rich.cells import cell_len

from kdgraph.lang.source import Span
from kdgraph.lang.wrap import wrap

BEFORE = 20
"""how much of a clipped line is shown before its first caret, where there is room"""
LABEL = 36
"""columns that a label is folded into at least, where it does not fit behind its caret"""
UNPRINTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""what would move the cursor, turn the line around or can't be written at all"""
Label = tuple[Span, str]


def excerpt(labels: list[Label], margin: int, lead: Span, width: int) -> list[str]:
    """Draw the lines that the labels are on, each label under its own words.

    Columns are counted in code points and drawn in terminal cells, so that carets stand
    under Greek letters and wide letters alike.
    """
    blank = f"{' ' * margin} |"
    lines = [blank]
    shown = lead.source.path
    ordered = sorted(labels, key=lambda at: (at[0].source.path != shown, at[0].line, at[0].column))
    for (path, number), group in groupby(ordered, key=lambda at: (at[0].source.path, at[0].line)):
        together = list(group)
        if path != shown:
            shown, first = path, together[0][0]
            lines.append(f"{' ' * margin}::: {path}:{number}:{first.column}")
        widest = max(LABEL, width - margin - 3)
        for part in _fitting(together, widest):
            lines += _line(part, (f"{number:>{margin}} |", blank), lead, widest)
    return lines


def _fitting(labels: list[Label], widest: int) -> list[list[Label]]:
    """The labels of one line: together where one window shows them all, else one by one."""
    text = _text(labels[0][0])
    start = min(span.column for span, _ in labels) - 1
    left, right = _window(text, start, max(_end(span, text) for span, _ in labels), widest)
    if all(left < span.column and _end(span, text) <= right for span, _ in labels):
        return [labels]
    return [[label] for label in labels]


def _line(labels: list[Label], heads: tuple[str, str], lead: Span, widest: int) -> list[str]:
    """A line of source behind its number, and a line or more for each label."""
    head, blank = heads
    text = _text(labels[0][0])
    start = labels[0][0].column - 1
    left, right = _window(text, start, max(_end(span, text) for span, _ in labels), widest)
    dots = "…" if left else ""
    shown = dots + text[left:right] + ("…" if right < len(text) else "")
    lines = [f"{head} {shown}".rstrip()]
    for span, words in labels:
        at = span.column - 1
        mark = "^" if span == lead else "-"
        indent = cell_len(dots + text[left:at])
        underline = mark * max(1, cell_len(text[at : min(_end(span, text), right)]))
        below = _label(indent, underline, words, widest)
        lines += [f"{blank} {line}".rstrip() for line in below]
    return lines


def _label(indent: int, underline: str, words: str, widest: int) -> list[str]:
    """A caret and its words: behind it where they fit, else folded on the lines below."""
    marked = f"{' ' * indent}{underline}"
    if not words or cell_len(words) + 1 + len(marked) <= widest:
        return [f"{marked} {words}"]
    start = max(0, min(indent, widest - min(cell_len(words), max(LABEL, widest - indent))))
    return [marked, *(f"{' ' * start}{line}" for line in wrap(words, widest - start))]


def printed(line: str) -> str:
    """A line as it can be shown: what would upset the terminal is a space."""
    return UNPRINTED.sub(" ", line)


def _text(span: Span) -> str:
    return printed(span.source.line(span.line))


def _end(span: Span, text: str) -> int:
    """The column after the span; a span of several lines ends with its first."""
    start = span.column - 1
    return start + max(1, min(span.end - span.start, len(text) - start))


def _window(text: str, start: int, end: int, widest: int) -> tuple[int, int]:
    """Which part of a line is shown: all of it, or what is around the carets."""
    if cell_len(text) <= widest:
        return 0, len(text)
    left = 0
    if cell_len(text[:end]) >= widest:
        left = max(0, start - BEFORE)
        while left < start and cell_len(text[left:end]) > widest - 2:
            left += 1
        while left and cell_len(text[left - 1 :]) < widest:
            left -= 1
    room = widest - bool(left)
    if cell_len(text[left:]) <= room:
        return left, len(text)
    right = min(len(text), left + room)
    while right > start + 1 and cell_len(text[left:right]) >= room:
        right -= 1
    return left, right
