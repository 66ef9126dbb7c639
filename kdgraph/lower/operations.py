"""What the signs of the language are in PyTorch. Nothing here waits for the host."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

MAP = 4
SIGNS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    "matmul": operator.matmul,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


def power(base: Tensor, exponent: Tensor | float) -> Tensor:
    """A power that may be between 0 and 1, whose slope at 0 is taken as 0 and not as infinite."""
    out = (base == 0) & (exponent > 0) & (exponent < 1)
    return torch.where(out, 0.0, torch.where(out, 1.0, base) ** exponent)


def weighed(share: Tensor, value: Tensor) -> Tensor:
    """A product with a share; where that is 0 so is the product, whatever it is multiplied by."""
    out = share == 0
    return torch.where(out, 0.0, torch.where(out, 0.0, share) * torch.where(out, 0.0, value))


def per_row(value: Tensor, axes: int) -> Tensor:
    """One number for each row, ready to meet values of more axes: (b) → (b, 1, …)."""
    return value.reshape(value.shape + (1,) * (axes - value.ndim))


def light(image: Tensor) -> Tensor:
    """Stored pixels as numbers from 0 to 1; other images are such numbers already."""
    return image / 255 if image.dtype == torch.uint8 else image


def transpose(value: Tensor) -> Tensor:
    """The last two axes change places."""
    return value.transpose(-2, -1)


def origin(view: Tensor, rows: int, ranks: int = 1) -> Tensor:
    """Which image of the batch each row of a view shows: (b·rows) → 0 0 … 1 1 ….

    With several ranks the batch is that of all of them.
    """
    places = torch.arange(view.shape[0] * ranks, device=view.device)
    return places if rows == 1 else places // rows


def part(view: Tensor, rows: int, ranks: int = 1) -> Tensor:
    """Which row of its image each row of a view is: 0 1 … 0 1 …."""
    return torch.arange(view.shape[0] * ranks, device=view.device) % rows


def columns(value: Tensor, which: Tensor) -> Tensor:
    """The columns that `which` (b, k) names, for each row: (b, n) → (b, k)."""
    return torch.gather(value, -1, which)


def column(value: Tensor, place: int) -> Tensor:
    """One column: of (b, n), of the tokens of (b, n, d); of a vector, one number."""
    return value[:, place] if value.ndim > 1 else value[place]


def slice_columns(value: Tensor, start: int | None, stop: int | None) -> Tensor:
    """Some columns, one after the other."""
    return value[:, start:stop]


def slice_rows(value: Tensor, start: int | None, stop: int | None) -> Tensor:
    """Some rows, one after the other."""
    return value[start:stop]


def rows(value: Tensor, which: Tensor) -> Tensor:
    """The rows that `which` names."""
    return value[which]


def joined(*views: Tensor) -> Tensor:
    """All the views a model sees, one after the other in one batch."""
    return torch.cat(views)


def block(value: Tensor, views: tuple[Tensor, ...], place: int) -> Tensor:
    """The rows of one view out of a joint forward."""
    start = sum(view.shape[0] for view in views[:place])
    return value.narrow(0, start, views[place].shape[0])


def each_row(value: Tensor, row: int, rows: int) -> Tensor:
    """Row `row` of each image, of `rows` rows an image."""
    return value[row::rows]


def row_count(value: Tensor, ranks: int = 1) -> int:
    """How many rows a value has, in the batch at hand."""
    return value.shape[0] * ranks


def own_rows(value: Tensor, rank: int, ranks: int) -> Tensor:
    """The rows of one rank, of those of all."""
    return value.chunk(ranks)[rank]


def counted(value: Tensor, like: Tensor) -> Tensor:
    """For how many rows a mean over `like` stands, as a number like it."""
    return torch.full((), like.shape[0], dtype=value.dtype, device=value.device)


def masked(value: Tensor, mask: Tensor) -> Tensor:
    """For how many rows a mean over those in a mask stands."""
    return mask.to(torch.bool).sum().to(value.dtype)


def size(value: Tensor, at: int, of_maps: int | None) -> int:
    """A size of a value; that of feature maps may stand at another place."""
    return value.shape[of_maps if of_maps is not None and value.ndim == MAP else at]


def copied(value: Tensor) -> Tensor:
    """A copy, for a module that writes over what it is given."""
    return value.clone()


def detached(value: Tensor) -> Tensor:
    """The value alone, as memory keeps it."""
    return value.detach()


def filled(like: Tensor, value: float) -> Tensor:
    """A number as a tensor of no axes, like another."""
    return torch.full_like(like.detach(), value, dtype=torch.float64).to(like.dtype)


def counts(value: Tensor | float, kind: torch.dtype) -> Tensor | float:
    """Truth values and labels as numbers of this kind; fractions stay what they are."""
    is_number = not isinstance(value, Tensor) or value.is_floating_point()
    return value if is_number else value.to(kind)


def doubled(value: Tensor) -> Tensor:
    """Labels and masks as numbers of double precision; values that are such already stay."""
    return value.to(torch.float64) if isinstance(value, Tensor) else value


def number(value: float, like: Tensor | float) -> Tensor | float:
    """A number in double precision, where a mask is; beside a plain number it stays one."""
    if not isinstance(like, Tensor):
        return value
    return torch.full((), value, dtype=torch.float64, device=like.device)
