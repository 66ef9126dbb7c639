"""Many numbers to one: over everything, or along one axis."""

# ruff: noqa: A001 - `sum` is the word of the papers

from __future__ import annotations

import torch
from torch import Tensor

from kdgraph.primitive import primitive
from kdgraph.sorts import Labels, Mask, Values


@primitive(shape="reduce")
def sum(
    v: Values[Tensor | float, "..."], *, over: int | None = None
) -> Values[Tensor | float, "..."]:
    r"""The sum, of everything unless an axis is named.

    $$ \sum_i v_i $$

    Args:
        v: any values; of truth values, how many hold.
        over: the axis to sum along, counted from 0, or from −1 at the end.

    Shapes:
        any → a number; with `over`, the shape without that axis.

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        elementary.
    """
    if not isinstance(v, Tensor):
        return v
    return v.sum() if over is None else v.sum(dim=over)


@primitive(shape="reduce")
def mean(
    v: Values[Tensor | float, "..."],
    *,
    over: int | None = None,
    rows: Mask[Tensor, "..."] | None = None,
) -> Values[Tensor | float, "..."]:
    r"""The mean, of everything unless an axis is named.

    $$ \frac{1}{n} \sum_{i=1}^{n} v_i $$

    Args:
        v: any values; of truth values, the share that holds.
        over: the axis to average along, counted from 0, or from −1 at the end.
        rows: a mask of the values that count, n of them. None counts: 0.

    Shapes:
        any → a number; with `over`, the shape without that axis.

    Units:
        those of `v`.

    Errors:
        none.

    Source:
        elementary.
    """
    if not isinstance(v, Tensor):
        return v
    if not v.is_floating_point():
        v = v.to(torch.get_default_dtype())
    if rows is not None:
        rows = rows.to(torch.bool)
        counted = torch.where(rows, v, 0.0)
        if over is None:
            return counted.sum() / rows.sum().clamp(min=1)
        return counted.sum(dim=over) / rows.sum(dim=over).clamp(min=1)
    return v.mean() if over is None else v.mean(dim=over)


@primitive(shape="reduce")
def norm(v: Values[Tensor, "..."], *, over: int = -1) -> Values[Tensor, "..."]:
    r"""The Euclidean length of vectors.

    $$ \lVert v \rVert_2 = \sqrt{\textstyle\sum_i v_i^2} $$

    Args:
        v: vectors along the last axis.
        over: another axis that the vectors lie along.

    Shapes:
        (b, d) → (b).

    Units:
        those of `v`.

    Errors:
        none; the slope at the zero vector is taken as 0.

    Source:
        elementary.
    """
    length: Tensor = torch.linalg.vector_norm(v, dim=over)
    return length


@primitive(shape="reduce", several="v")
def argmax(v: Values[Tensor, "..."], *, over: int = -1) -> Labels[Tensor, "..."]:
    r"""Where the greatest value stands: the class a network says.

    $$ \operatorname*{arg\,max}_k v_k $$

    Args:
        v: scores along the last axis.
        over: another axis to look along.

    Shapes:
        (b, k) → (b).

    Units:
        places, counted from 0.

    Errors:
        none; nothing is trained through it. Among equals, which one it is isn't promised.

    Source:
        elementary.
    """
    return torch.argmax(v, dim=over)
