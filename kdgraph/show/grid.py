"""Rows of cells in as many columns as a terminal has; what is too wide is folded in its cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from kdgraph.lang.wrap import wrap

WIDTH = 80
GAP = "  "


def grid(rows: Sequence[Sequence[str]], least: Sequence[int], width: int = WIDTH) -> str:
    """Cells under one another; the first columns give way first.

    >>> print(grid([("run(x, taps=[maps])", "Map[b]"), ("y", "Labels[b]")], (8, 4), 25))
    run(x,         Map[b]
      taps=[maps])
    y              Labels[b]

    Args:
        rows: cells, as many in each row.
        least: how wide each column stays, even where all of them do not fit.
        width: columns of the terminal.
    """
    wide = _shared([max(map(cell_len, column)) for column in zip(*rows, strict=True)], least, width)
    lines = []
    for row in rows:
        cells = [_folded(cell, room) for cell, room in zip(row, wide, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            filled = zip(parts, wide, strict=True)
            line = GAP.join(f"{part}{' ' * (room - cell_len(part))}" for part, room in filled)
            lines.append(line.rstrip())
    return "\n".join(lines)


def _shared(wide: list[int], least: Sequence[int], width: int) -> list[int]:
    """Widths that fit, as far as the least ones do."""
    over = sum(wide) + len(GAP) * (len(wide) - 1) - width
    for at, low in enumerate(least):
        given = max(0, min(over, wide[at] - low))
        wide[at] -= given
        over -= given
    return wide


def _folded(cell: str, room: int) -> list[str]:
    """The lines of a cell, those after the first one indented."""
    if cell_len(cell) <= room:
        return [cell]
    lines = [piece for line in wrap(cell, room - 2) for piece in chop_cells(line, room - 2)]
    return [line if at == 0 else f"  {line}" for at, line in enumerate(lines)]
