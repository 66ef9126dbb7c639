"""Choosing between two values, element by element."""

# ruff: noqa: A001, FURB136 - `min` and `max` are words of the language here, not Python's

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Values


@primitive(shape="broadcast", sort="same")
def min(
    a: Values[Tensor | float, "..."], b: Values[Tensor | float, "..."]
) -> Values[Tensor | float, "..."]:
    r"""The smaller of two; a bound from above.

    $$ \min(a, b) $$

    The larger gets no gradient: `min(exp(θ), 10)` doesn't move θ beyond the bound, as under a
    clamp. Two equal tensors share it.

    Args:
        a: a value.
        b: a value of a shape that goes with it, or a number.

    Shapes:
        two that go together → what they make together.

    Units:
        those of both; of labels and a whole number, labels.

    Errors:
        none.

    Source:
        elementary.
    """
    if isinstance(a, Tensor):
        return torch.minimum(a, b) if isinstance(b, Tensor) else a.clamp(max=_like(a, b))
    if isinstance(b, Tensor):
        return b.clamp(max=_like(b, a))
    return a if a <= b else b


@primitive(shape="broadcast", sort="same")
def max(
    a: Values[Tensor | float, "..."], b: Values[Tensor | float, "..."]
) -> Values[Tensor | float, "..."]:
    r"""The larger of two; a bound from below.

    $$ \max(a, b) $$

    Gradients as under `min`.

    Args:
        a: a value.
        b: a value of a shape that goes with it, or a number.

    Shapes:
        two that go together → what they make together.

    Units:
        those of both; of labels and a whole number, labels.

    Errors:
        none.

    Source:
        elementary.
    """
    if isinstance(a, Tensor):
        return torch.maximum(a, b) if isinstance(b, Tensor) else a.clamp(min=_like(a, b))
    if isinstance(b, Tensor):
        return b.clamp(min=_like(b, a))
    return a if a >= b else b


@primitive(sort="same", require="low <= high")
def clamp(
    v: Values[Tensor | float, "..."], *, low: float | None = None, high: float | None = None
) -> Values[Tensor | float, "..."]:
    r"""A value kept between bounds.

    $$ \min(\max(v, \mathit{low}), \mathit{high}) $$

    Outside the bounds the gradient is 0.

    Args:
        v: any values.
        low: the least value; none unless told.
        high: the greatest value; none unless told.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        elementary.
    """
    above = v if low is None else max(v, low)
    return above if high is None else min(above, high)


@primitive(shape="broadcast")
def where(
    m: Values[Tensor | float, "..."],
    a: Values[Tensor | float, "..."],
    b: Values[Tensor | float, "..."],
) -> Values[Tensor | float, "..."]:
    r"""The first value where the mask holds, the second elsewhere.

    $$ m \mathbin{?} a \mathbin{:} b $$

    Args:
        m: a mask: a comparison, or weights of which 0 means no.
        a: taken where it holds.
        b: taken where it doesn't.

    Shapes:
        three that go together → what they make together.

    Units:
        those of `a` and `b`; of labels and a whole number, labels.

    Errors:
        a side that isn't taken gets no gradient, but where a division by 0 made it infinite
        its gradient is NaN: bound what goes in, as in `where(v > 0, 1/max(v, 1e-12), 0)`.

    Source:
        elementary.
    """
    if isinstance(m, Tensor):
        return torch.where(m.to(torch.bool), _like(b, a), _like(a, b))
    return a if m else b


def _like(v: Tensor | float, bound: Tensor | float) -> Tensor | float:
    """A bound beside a value: labels stay whole numbers beside one that is whole."""
    labels = isinstance(v, Tensor) and not v.is_floating_point() and v.dtype != torch.bool
    return int(bound) if labels and isinstance(bound, float) and bound.is_integer() else bound
