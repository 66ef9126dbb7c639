"""From one value for each row to what the recipe asks for."""

from __future__ import annotations

import torch
from torch import Tensor


def kept(values: Tensor, rows: Tensor | None, instead: float) -> Tensor:
    """Values, with another in the rows that don't count: what is masked is never computed with.

    Args:
        values: what each row holds; its first axes are those of `rows`.
        rows: the rows that count, by truth or by 0 and 1; all of them where it is None.
        instead: harmless where the loss computes with it.
    """
    if rows is None:
        return values
    rows = rows.to(torch.bool)
    return torch.where(rows.reshape(rows.shape + (1,) * (values.ndim - rows.ndim)), values, instead)


def gathered(each: Tensor, reduce: str, rows: Tensor | None = None, *, width: int = 1) -> Tensor:
    """Reduce the values of rows, of which only those in the mask `rows` count.

    Args:
        each: one value for each row, whatever its row holds already summed.
        reduce: `rows` divides the sum by the rows that count, `elements` by all their
            elements, `sum` by nothing; `none` leaves the rows, 0 where one doesn't count.
        rows: the rows that count, by truth or by 0 and 1; all of them where it is None.
        width: how many elements a row holds.

    Returns:
        a number, or one for each row. No row that counts makes it 0, not NaN.
    """
    if rows is not None:
        rows = rows.to(torch.bool)
        each = torch.where(rows, each, 0.0)
    if reduce == "none":
        return each
    if reduce == "sum":
        return each.sum()
    kept = each.numel() if rows is None else rows.sum().clamp(min=1)
    return each.sum() / (kept * width if reduce == "elements" else kept)
