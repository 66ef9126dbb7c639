"""Dots with error bars, a row for each thing that was measured, as one SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kdgraph.viz.escaped import escaped
from kdgraph.viz.marks import number, text
from kdgraph.viz.palette import FADED, INK, LINE, LOOKS, PAPER
from kdgraph.viz.svg import FONTS
from kdgraph.viz.text_width import text_width

WIDTH, MARGIN, HEAD, ROW, FOOT = 720.0, 24.0, 70.0, 44.0, 62.0
LABEL, SMALL = 13.0, 11.0
GRID = "#e9ecef"
LAST, BEST = LOOKS["model"].stroke, LOOKS["module"].stroke
TICKS = 6
APART = 8.0
"""of the two measures of a row, from its middle"""


@dataclass(frozen=True)
class Dot:
    """A mean with its error, and the values that it is the mean of; in percent.

    Attributes:
        error: to either side; not a number where one value has none.
    """

    mean: float
    error: float
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class DotRow:
    """One thing, measured twice.

    Attributes:
        last: drawn full; absent where nothing was measured.
        best: drawn as a ring.
        note: in place of dots.
    """

    name: str
    last: Dot | None = None
    best: Dot | None = None
    note: str = ""


def dots_svg(rows: Sequence[DotRow], *, title: str, words: Sequence[str], against: str = "") -> str:
    """The drawing.

    Args:
        rows: from top to bottom.
        title: in large letters.
        words: lines of small ones.
        against: the row whose mean all others are held against, by a line.
    """
    top = MARGIN + HEAD + 16 * max(0, len(words) - 1)
    bottom = top + ROW * len(rows)
    height = bottom + FOOT
    left = MARGIN + 14 + max((text_width(row.name, LABEL) for row in rows), default=0.0)
    ticks = _ticks(rows)
    low, high = ticks[0], ticks[-1]

    def x(value: float) -> float:
        return left + (WIDTH - 72 - left) * (value - low) / (high - low)

    size = f'width="{number(WIDTH)}" height="{number(height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}',
        f' viewBox="0 0 {number(WIDTH)} {number(height)}" font-family="{FONTS}"',
        f' role="img" aria-label="{escaped(title)}">',
        f"<title>{escaped(title)}</title>",
        f'<rect {size} fill="{PAPER}"/>',
        text(title, (MARGIN, MARGIN + 8), 18, INK, bold=True),
        *(text(one, (MARGIN, MARGIN + 30 + 16 * k), 12, FADED) for k, one in enumerate(words)),
        *_axis(ticks, x, top, bottom),
    ]
    base = next((row.last for row in rows if row.name == against), None)
    if base is not None:
        lines.append(
            f'<path class="against" d="M{number(x(base.mean))} {number(top)}V{number(bottom)}"'
            f' stroke="{LINE}" stroke-dasharray="5 3.5"/>'
        )
    for place, row in enumerate(rows):
        lines += _row(row, x, top + ROW * (place + 0.5), left)
    lines += [
        *_legend(bottom + 44, left, against if base else None, several=_several(rows)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _row(row: DotRow, x: Callable[[float], float], y: float, left: float) -> Iterator[str]:
    yield text(row.name, (MARGIN, y), LABEL, INK)
    if row.note:
        yield text(row.note, (left, y), SMALL, LOOKS["term"].stroke)
        return
    for dot, ink, shift in ((row.best, BEST, APART), (row.last, LAST, -APART)):
        if dot is None:
            continue
        at, height = x(dot.mean), y + shift
        for value in dot.values if len(dot.values) > 1 else ():
            place = f'cx="{number(x(value))}" cy="{number(height)}"'
            yield f'<circle class="seed" {place} r="2.2" fill="{ink}" opacity="0.35"/>'
        if not math.isnan(dot.error):
            ends = x(dot.mean - dot.error), x(dot.mean + dot.error)
            bar = "".join(f"M{number(end)} {number(height - 4)}v8" for end in ends)
            across = f"M{number(ends[0])} {number(height)}H{number(ends[1])}"
            yield f'<path class="error" d="{across}{bar}" stroke="{ink}" stroke-width="1.6"/>'
        fill = ink if dot is row.last else PAPER
        place = f'cx="{number(at)}" cy="{number(height)}"'
        paint = f'fill="{fill}" stroke="{ink}" stroke-width="2"'
        yield f'<circle class="mean" {place} r="4.5" {paint}/>'
        reach = max([dot.mean + (0 if math.isnan(dot.error) else dot.error), *dot.values])
        yield text(f"{dot.mean:.2f}", (x(reach) + 10, height), SMALL, ink)


def _axis(
    ticks: Sequence[float], x: Callable[[float], float], top: float, bottom: float
) -> Iterator[str]:
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    for value in ticks:
        yield f'<path d="M{number(x(value))} {number(top)}V{number(bottom)}" stroke="{GRID}"/>'
        words = text(f"{value:.{digits}f}", (x(value), bottom + 12), SMALL, FADED)
        yield f'<g text-anchor="middle">{words}</g>'


def _legend(y: float, left: float, against: str | None, *, several: bool) -> Iterator[str]:
    yield text("test accuracy, %", (MARGIN, y), SMALL, FADED)
    at = max(left, MARGIN + text_width("test accuracy, %", SMALL) + 18)
    entries = [
        ("after the last epoch", LAST, LAST, 4.5),
        ("after the best epoch", PAPER, BEST, 4.5),
    ]
    entries += [("each seed", "#adb5bd", "#adb5bd", 2.2)] if several else []
    for words, fill, ink, radius in entries:
        yield (
            f'<circle cx="{number(at)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}"'
            f' stroke="{ink}" stroke-width="{2 if radius > 3 else 0}"/>'  # noqa: PLR2004 - a ring
        )
        yield text(words, (at + 10, y), SMALL, FADED)
        at += 30 + text_width(words, SMALL)
    if against:
        dashes = f'stroke="{LINE}" stroke-dasharray="5 3.5"'
        yield f'<path d="M{number(at)} {number(y - 6)}v12" {dashes}/>'
        yield text(against, (at + 10, y), SMALL, FADED)


def _several(rows: Sequence[DotRow]) -> bool:
    return any(len(row.last.values) > 1 for row in rows if row.last is not None)


def _ticks(rows: Sequence[DotRow]) -> list[float]:
    """Round numbers around all that is drawn."""
    drawn = [
        value
        for row in rows
        for dot in (row.last, row.best)
        if dot is not None
        for value in (*dot.values, dot.mean, *_ends(dot))
    ] or [0.0, 100.0]
    low, high = min(drawn), max(drawn)
    if high - low < 1e-9:  # noqa: PLR2004 - one value
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / (TICKS - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 5, 10) if size * one >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * k for k in range(first, max(last, first + 1) + 1)]


def _ends(dot: Dot) -> tuple[float, ...]:
    return () if math.isnan(dot.error) else (dot.mean - dot.error, dot.mean + dot.error)
