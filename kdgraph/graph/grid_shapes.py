"""The shape rules of maps that are cut into cells, and of what is made for their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kdgraph.graph.graph import Axes, Axis, Op

Shapes = Sequence[Axes | None]
CELLS = "×"
"""stands in the rows of cells: `b·2×2`"""


def cells(op: Op, shapes: Shapes) -> Axes | None:
    """Rows for each cell of each map, of ⌊h/n⌋ by ⌊w/m⌋."""
    axes, grid = shapes[0], _grid(op)
    if axes is None or grid is None:
        return None
    return (_within(axes[0], *grid), axes[1], *_parted(axes, *grid))


def patches(op: Op, shapes: Shapes) -> Axes | None:
    """Channels for each patch, of ⌊h/n⌋ by ⌊w/m⌋."""
    axes, grid = shapes[0], _grid(op)
    if axes is None or grid is None:
        return None
    n, m = grid
    size = axes[1].size
    return (axes[0], Axis(None if size is None else size * n * m), *_parted(axes, n, m))


def avgpool(op: Op, shapes: Shapes) -> Axes | None:
    """Sides of ⌊h/k⌋."""
    axes, k = shapes[0], op.knob("k")
    if axes is None or not isinstance(k, int):
        return None
    return (*axes[:2], *_parted(axes, k, k))


def attend(op: Op, shapes: Shapes) -> Axes | None:
    """The places of the queries, with the channels of the values."""
    del op
    queries, _, values = shapes
    if queries is None:
        return None
    return (queries[0], Axis() if values is None else values[1], *queries[2:])


def each(op: Op, shapes: Shapes) -> Axes | None:
    """The rows of the first, with axes of these sizes each."""
    axes, sizes = shapes[0], op.knob("sizes")
    if not axes or not isinstance(sizes, tuple):
        return None
    return (axes[0], *(Axis(one if isinstance(one, int) else None) for one in sizes))


def _grid(op: Op) -> tuple[int, int] | None:
    n, m = op.knob("n"), op.knob("m")
    return (n, m) if isinstance(n, int) and isinstance(m, int) else None


def _parted(axes: Axes, n: int, m: int) -> Axes:
    """Height and width parted into n and m; what is left over is left out."""
    sides = zip(axes[2:], (n, m), strict=True)
    return tuple(Axis(None if one.size is None else one.size // by) for one, by in sides)


def _within(rows: Axis, n: int, m: int) -> Axis:
    """The rows of cells: of the same images, but not one an image any more."""
    if n * m == 1:
        return rows
    if rows.rows:
        return Axis(rows=f"{rows.rows}·{n}{CELLS}{m}")
    return Axis(None if rows.size is None else rows.size * n * m)


GRID: dict[str, Callable[[Op, Shapes], Axes | None]] = {
    "cells": cells, "patches": patches, "avgpool": avgpool, "attend": attend, "each": each,
}  # fmt: skip
