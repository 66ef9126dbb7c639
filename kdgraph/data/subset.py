"""A part of a training set that keeps the shares of the classes."""

from __future__ import annotations

import torch
from torch import Tensor

SEED = 0


def stratified(labels: Tensor, total: int, *, seed: int = SEED) -> Tensor:
    """Choose `total` examples, spread over the classes as all of them are.

    The choice depends on the seed only, and a smaller one of equal classes is part of a larger
    one. Every class keeps an example as long as there are as many examples as classes.

    Args:
        labels: int64 (n,).
        total: how many examples to choose, at most n.
        seed: which choice.

    Returns:
        The chosen examples' numbers, ascending.
    """
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.randperm(len(labels), generator=generator)
    classes, counts = torch.unique(labels, return_counts=True)
    shares = _shares(counts, min(total, len(labels)))
    chosen = [
        mixed[labels[mixed] == one][:share]
        for one, share in zip(classes.tolist(), shares, strict=True)
    ]
    return torch.cat(chosen).sort().values


def _shares(counts: Tensor, total: int) -> list[int]:
    """Split `total` in proportion to the counts, by largest remainder, at least one each."""
    least = 1 if total >= len(counts) else 0
    spread = total - least * len(counts)
    room = counts - least
    exact = room * spread
    shares = exact // room.sum().clamp(min=1)
    remainders = exact - shares * room.sum()
    for one in remainders.argsort(descending=True, stable=True)[: spread - int(shares.sum())]:
        shares[one] += 1
    return (shares + least).tolist()
