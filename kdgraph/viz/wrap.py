"""Long titles and formulas become a few lines, broken where a reader would break them."""

from __future__ import annotations

import re

from kdgraph.viz.text_width import text_width

_PIECES = re.compile(r"[(\[]*\w+(?:[.×=]\w+)*[(\[]*[)\],;:]*\s*|[^\w\s][)\],;:]*\s*|\s+")
_MORE = "…"


def wrapped(
    text: str, size: float, widest: float, *, lines: int, bold: bool = False
) -> tuple[str, ...]:
    """At most so many lines, none wider than `widest` pixels; what is cut off ends in "…".

    >>> wrapped("min(exp(θ), 10)·(s @ tᵀ) + b", 12, 130, lines=2)
    ('min(exp(θ), 10)·', '(s @ tᵀ) + b')
    """

    def fits(line: str) -> bool:
        return text_width(line.rstrip(), size, bold=bold) <= widest

    pieces: list[str] = _PIECES.findall(" ".join(text.split()))
    done: list[str] = []
    while pieces:
        count = 0
        while count < len(pieces) and fits("".join(pieces[: count + 1])):
            count += 1
        if not count:  # a word wider than a line
            head = next((n for n in range(len(pieces[0]) - 1, 1, -1) if fits(pieces[0][:n])), 1)
            pieces[:1] = [part for part in (pieces[0][:head], pieces[0][head:]) if part]
            count = 1
        elif count < len(pieces):
            count = _break(pieces, count)
        done.append("".join(pieces[:count]).strip())
        del pieces[:count]
    if len(done) <= lines:
        return tuple(done)
    last = done[lines - 1]
    while last and not fits(last + _MORE):
        last = last[:-1]
    return (*done[: lines - 1], last.rstrip() + _MORE)


def _break(pieces: list[str], most: int) -> int:
    """Where to break: after `most` pieces, or after fewer where that is outside of brackets."""
    depths, depth = {}, 0
    for number, piece in enumerate(pieces[:most], 1):
        depth += sum((char in "([") - (char in ")]") for char in piece)
        depths[number] = depth
    return min(range((most + 1) // 2, most + 1), key=lambda number: (depths[number], -number))
