"""The training examples in the order of their classes, so that all but one class is a range."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Pool:
    """All examples, class by class. Without labels every example is a class of its own.

    Attributes:
        examples: how many there are.
        others: how many examples each class leaves to others: the sizes that occur.
        order: examples' numbers, class by class, all of them twice, so that the others of a class
            are those that follow it, int64 (2·examples,); None without labels.
        first: where each class begins in `order`, int64 (classes,).
        size: how many examples each class has, int64 (classes,).
    """

    examples: int
    others: tuple[int, ...]
    order: Tensor | None = None
    first: Tensor | None = None
    size: Tensor | None = None

    @classmethod
    def of(cls, labels: Tensor) -> Pool:
        """The pool of a data set.

        Args:
            labels: of all training examples, int64 (n,).
        """
        order = torch.argsort(labels, stable=True)
        size = torch.bincount(labels)
        left = sorted({len(labels) - one for one in size.tolist() if one})
        return cls(len(labels), tuple(left), order.repeat(2), size.cumsum(0) - size, size)

    @classmethod
    def unlabelled(cls, examples: int) -> Pool:
        """The pool of a data set of which only the size is known."""
        return cls(examples, (examples - 1,))

    def to(self, device: torch.device) -> Pool:
        """The same pool on a device."""
        if self.order is None or self.first is None or self.size is None:
            return self
        order, first, size = (one.to(device) for one in (self.order, self.first, self.size))
        return Pool(self.examples, self.others, order, first, size)

    def room(self, examples: Tensor, labels: Tensor | None) -> Tensor:
        """How many others each example has, int64 (b,)."""
        if labels is None or self.size is None:
            return torch.full_like(examples, self.examples - 1)
        return self.examples - self.size[labels]

    def other(self, places: Tensor, examples: Tensor, labels: Tensor | None) -> Tensor:
        """The others of each example that `places` (b, k) count from 0, int64 (b, k)."""
        if labels is None or self.order is None or self.first is None or self.size is None:
            return places + (places >= examples[:, None])
        after = self.first[labels] + self.size[labels]
        return self.order.take(places + after[:, None])

    def alike(self, share: Tensor, labels: Tensor) -> Tensor:
        """Examples of the same class: `share` (b,) in [0, 1) says how far into it."""
        assert self.order is not None
        assert self.first is not None
        assert self.size is not None
        return self.order[self.first[labels] + (share * self.size[labels]).long()]
