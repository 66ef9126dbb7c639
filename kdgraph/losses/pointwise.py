"""Functions of one number, applied to each element; a plain number stays a plain number."""

# ruff: noqa: A001 - the words are those of the papers, also where Python knows them

from __future__ import annotations

import math

import torch
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Values


def _edge(at: Tensor, value: float) -> Tensor:
    """Outside of where a function has a slope: its value at the edge, NaN beyond."""
    return torch.where(at, value, torch.nan)


@primitive
def exp(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The exponential.

    $$ e^{v} $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        nats → a ratio.

    Errors:
        infinite from about 89 up in single precision.

    Source:
        elementary.
    """
    return torch.exp(v) if isinstance(v, Tensor) else math.exp(v)


@primitive(domain="positive")
def log(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The natural logarithm. Of a softmax it is lowered to `log_softmax`.

    $$ \ln v $$

    Args:
        v: values above 0.

    Shapes:
        any → the same.

    Units:
        a ratio → nats.

    Errors:
        −∞ at 0 and NaN below, where the slope is taken as 0; a plain number must be above 0.

    Source:
        elementary.
    """
    if not isinstance(v, Tensor):
        return math.log(v)
    inside = v > 0
    return torch.where(inside, torch.where(inside, v, 1.0).log(), _edge(v == 0, -torch.inf))


@primitive(domain="positive")
def log1p(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The logarithm of what is a little above 1; `log(1 + v)` is lowered to it.

    $$ \ln(1 + v) $$

    Args:
        v: values above −1.

    Shapes:
        any → the same.

    Units:
        a ratio → nats.

    Errors:
        −∞ at −1 and NaN below, where the slope is taken as 0; a plain number must be above −1.

    Source:
        elementary; where `v` is tiny it keeps the digits that `1 + v` would lose.
    """
    if not isinstance(v, Tensor):
        return math.log1p(v)
    inside = v > -1
    return torch.where(inside, torch.where(inside, v, 0.0).log1p(), _edge(v == -1, -torch.inf))


@primitive(domain="positive")
def sqrt(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The square root.

    $$ \sqrt{v} $$

    Args:
        v: values from 0 up.

    Shapes:
        any → the same.

    Units:
        the root of those of `v`.

    Errors:
        NaN below 0; from 0 down the slope is taken as 0. A plain number must not be below 0.

    Source:
        elementary.
    """
    if not isinstance(v, Tensor):
        return math.sqrt(v)
    inside = v > 0
    return torch.where(inside, torch.where(inside, v, 1.0).sqrt(), _edge(v == 0, 0.0))


@primitive
def abs(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The size without the sign.

    $$ |v| $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        those of `v`.

    Errors:
        none; the slope at 0 is taken as 0.

    Source:
        elementary.
    """
    return torch.abs(v) if isinstance(v, Tensor) else math.fabs(v)


@primitive
def sign(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The sign without the size.

    $$ \operatorname{sgn} v \in \{-1, 0, 1\} $$

    Args:
        v: any values.

    Shapes:
        any → the same.

    Units:
        none.

    Errors:
        none; the slope is 0 everywhere, so nothing is trained through it.

    Source:
        elementary.
    """
    if isinstance(v, Tensor):
        return torch.sign(v)
    return math.copysign(1.0, v) if v else 0.0


@primitive
def cos(v: Values[Tensor | float, "..."]) -> Values[Tensor | float, "..."]:
    r"""The cosine of an angle, for schedules. The cosine of two vectors is `cosine`.

    $$ \cos v $$

    Args:
        v: an angle.

    Shapes:
        any → the same.

    Units:
        radians → a number from −1 to 1.

    Errors:
        none.

    Source:
        elementary.
    """
    return torch.cos(v) if isinstance(v, Tensor) else math.cos(v)
