"""The shape rules that a pattern can't say: what each value of the flag `shape` means."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, prod

from tests.laws.specimens import Axes, Specimen


def result(one: Specimen) -> Axes:
    """The axes that the result of a call must have, with their sizes."""
    edges = [one.axes(pattern) for pattern in one.patterns()]
    rule = one.word.flag("shape")
    return RULES[str(rule)](one, edges) if rule else one.axes(one.word.axes)


def _reduce(one: Specimen, edges: list[Axes]) -> Axes:
    """Without the axis `over`; without any where it is none."""
    over, axes = one.knob("over"), list(edges[0])
    if over is None:
        return ()
    del axes[over]
    return tuple(axes)


def _concat(one: Specimen, edges: list[Axes]) -> Axes:
    """As the parts, their sizes added along `over`."""
    over, axes = one.knob("over"), list(edges[0])
    axes[over] = (axes[over][0], sum(part[over][1] for part in edges))
    return tuple(axes)


def _flatten(one: Specimen, edges: list[Axes]) -> Axes:
    """The first `keep` axes, and one of all the others (of size 1 where there are none)."""
    keep = one.knob("keep")
    return (*edges[0][:keep], ("d", prod(size for _, size in edges[0][keep:])))


def _shrink(one: Specimen, edges: list[Axes]) -> Axes:
    """The first map at the smaller height and the smaller width of both."""
    del one
    map_, like = edges
    sides = zip(map_[2:], like[2:], strict=True)
    return (*map_[:2], *((name, min(size, other)) for (name, size), (_, other) in sides))


def _conv(one: Specimen, edges: list[Axes]) -> Axes:
    k, stride, pad = (one.knob(name) for name in ("k", "stride", "pad"))
    pad = (k - 1) // 2 if pad is None else pad
    sides = ((name, (size + 2 * pad - k) // stride + 1) for name, size in edges[0][2:])
    return (edges[0][0], ("channels", one.knob("channels")), *sides)


def _deconv(one: Specimen, edges: list[Axes]) -> Axes:
    k, stride, pad = (one.knob(name) for name in ("k", "stride", "pad"))
    sides = ((name, (size - 1) * stride - 2 * pad + k) for name, size in edges[0][2:])
    return (edges[0][0], ("channels", one.knob("channels")), *sides)


def _cells(one: Specimen, edges: list[Axes]) -> Axes:
    """A row for each cell of each map, those of one map next to each other."""
    n, m = one.knob("n"), one.knob("m")
    (b, rows), c, (_, h), (_, w) = edges[0]
    return ((f"{b}·cells", rows * n * m), c, ("h", h // n), ("w", w // m))


def _patches(one: Specimen, edges: list[Axes]) -> Axes:
    n, m = one.knob("n"), one.knob("m")
    b, (_, c), (_, h), (_, w) = edges[0]
    return (b, ("d", c * n * m), ("h", h // n), ("w", w // m))


def _avgpool(one: Specimen, edges: list[Axes]) -> Axes:
    *kept, (_, h), (_, w) = edges[0]
    return (*kept, ("h", h // one.knob("k")), ("w", w // one.knob("k")))


RULES: dict[str, Callable[[Specimen, list[Axes]], Axes]] = {
    # what the edges make together, as numpy broadcasts; here they are of one shape
    "broadcast": lambda _, edges: edges[0],
    "reduce": _reduce,
    # one value a row (all axes but the last), or a number
    "rows": lambda one, edges: edges[0][:-1] if one.knob("reduce") == "none" else (),
    # one value an example (the first axis), or a number
    "examples": lambda one, edges: edges[0][:1] if one.knob("reduce") == "none" else (),
    "concat": _concat,
    "flatten": _flatten,
    "shrink": _shrink,
    # the last axis is as long as the last of `widths` says
    "last": lambda one, edges: (*edges[0][:-1], ("width", one.knob("widths")[-1])),
    # all columns but one
    "one_less": lambda _, edges: (*edges[0][:-1], ("k", edges[0][-1][1] - 1)),
    # as many places as tokens, in a square
    "grid": lambda _, edges: (edges[0][0], edges[0][2], *(("s", isqrt(edges[0][1][1])),) * 2),
    "conv": _conv,
    "deconv": _deconv,
    "cells": _cells,
    "patches": _patches,
    "avgpool": _avgpool,
    # the places of the queries, with the channels of the values
    "attend": lambda _, edges: (edges[0][0], edges[2][1], *edges[0][2:]),
}
