"""The shape rules that a pattern can't say: what each value of the flag `shape` means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt, prod

from kdgraph.graph.graph import Axes, Axis, Op
from kdgraph.graph.grid_shapes import GRID

Shapes = Sequence[Axes | None]


def reduced(op: Op, shapes: Shapes) -> Axes | None:
    """Without the axis `over`; without any where it says none."""
    over, axes = op.knob("over"), shapes[0]
    if over is None:
        return ()
    if axes is None or not isinstance(over, (int, float)):
        return None
    kept = list(axes)
    del kept[int(over)]
    return tuple(kept)


def by_rows(op: Op, shapes: Shapes) -> Axes | None:
    """One value a row (all axes but the last), or a number."""
    if op.knob("reduce") != "none":
        return ()
    return None if shapes[0] is None else shapes[0][:-1]


def concat(op: Op, shapes: Shapes) -> Axes | None:
    """As long along `over` as all parts together; a number counts as one."""
    over = op.knob("over")
    place = int(over) if isinstance(over, (int, float)) else 0
    parts = [(Axis(1),) if axes == () else axes for axes in shapes]
    first = parts[0]
    if first is None or any(axes is None or len(axes) != len(first) for axes in parts):
        return None
    along = [axes[place] for axes in parts if axes is not None]
    sizes = [axis.size for axis in along if axis.size is not None]
    rows = "+".join(axis.rows for axis in along) if any(axis.rows for axis in along) else ""
    if any(sign in rows for sign in "[−"):
        rows = ""  # parts of a batch may be a whole one again
    made = list(first)
    made[place] = Axis(sum(sizes) if len(sizes) == len(along) else None, rows)
    return tuple(made)


def beside(op: Op, shapes: Shapes) -> Axes | None:
    """Each row's own number, and `k` others beside it."""
    k, rows = op.knob("k"), shapes[0]
    return None if rows is None else (*rows, Axis(k + 1 if isinstance(k, int) else None))


def one_less(op: Op, shapes: Shapes) -> Axes | None:
    """The last axis loses a column."""
    del op
    axes = shapes[0]
    if axes is None:
        return None
    size = axes[-1].size
    return (*axes[:-1], Axis(None if size is None else size - 1))


def examples(op: Op, shapes: Shapes) -> Axes | None:
    """One value an example (the first axis), or a number."""
    if op.knob("reduce") != "none":
        return ()
    return None if shapes[0] is None else shapes[0][:1]


def flatten(op: Op, shapes: Shapes) -> Axes | None:
    """The first `keep` axes, and one of all the others (of size 1 where there are none)."""
    axes, keep = shapes[0], _whole(op, "keep")
    if axes is None:
        return None
    sizes = [axis.size for axis in axes[keep:]]
    known = [size for size in sizes if size is not None]
    return (*axes[:keep], Axis(prod(known) if len(known) == len(sizes) else None))


def grid(op: Op, shapes: Shapes) -> Axes | None:
    """A square of places, as many as there are tokens."""
    del op
    axes = shapes[0]
    if axes is None:
        return None
    rows, count, width = axes
    side = None if count.size is None else isqrt(count.size)
    return (rows, width, Axis(side), Axis(side))


def shrink(op: Op, shapes: Shapes) -> Axes | None:
    """The first map at the smaller height and the smaller width of both."""
    del op
    map_, like = shapes
    if map_ is None:
        return None
    if like is None:
        return (*map_[:2], Axis(), Axis())
    pairs = zip(map_[2:], like[2:], strict=True)
    return (*map_[:2], *(Axis(_least(one.size, two.size)) for one, two in pairs))


def last(op: Op, shapes: Shapes) -> Axes | None:
    """The last axis is as long as the last of `widths` says."""
    widths = op.knob("widths")
    if shapes[0] is None or not isinstance(widths, tuple) or not widths:
        return None
    width = widths[-1]  # of a mistaken knob nothing is known
    return (*shapes[0][:-1], Axis(width if isinstance(width, int) else None))


def conv(op: Op, shapes: Shapes) -> Axes | None:
    """Sides of ⌊(h + 2·pad − k)/stride⌋ + 1; without `pad` it is ⌊(k − 1)/2⌋."""
    k, stride = _whole(op, "k"), _whole(op, "stride")
    pad = (k - 1) // 2 if op.knob("pad") is None else _whole(op, "pad")
    return _sides(op, shapes[0], lambda size: (size + 2 * pad - k) // stride + 1)


def deconv(op: Op, shapes: Shapes) -> Axes | None:
    """Sides of (h − 1)·stride − 2·pad + k."""
    k, stride, pad = (_whole(op, name) for name in ("k", "stride", "pad"))
    return _sides(op, shapes[0], lambda size: (size - 1) * stride - 2 * pad + k)


def _sides(op: Op, axes: Axes | None, side: Callable[[int], int]) -> Axes | None:
    if axes is None:
        return None
    sides = (Axis(None if one.size is None else side(one.size)) for one in axes[2:])
    return (axes[0], Axis(_whole(op, "channels")), *sides)


def _least(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


def _whole(op: Op, name: str) -> int:
    value = op.knob(name)
    return int(value) if isinstance(value, (int, float)) else 1


RULES: dict[str, Callable[[Op, Shapes], Axes | None]] = {
    "reduce": reduced, "rows": by_rows, "concat": concat, "examples": examples, "flatten": flatten,
    "shrink": shrink, "last": last, "conv": conv, "deconv": deconv, "beside": beside,
    "one_less": one_less, "grid": grid, **GRID,
}  # fmt: skip
