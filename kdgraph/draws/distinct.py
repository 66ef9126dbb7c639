r"""Whole numbers without replacement, for many rows at once, each row on its own.

`distinct` gives every set of k numbers the same chance. On a CPU numpy's tail shuffle does a
row in a fraction of a millisecond, started from the row's own key; elsewhere every number gets
64 random bits and the k smallest win, some rows at a time.

`spaced` is cheaper: a random start and then equal steps, of a random prime length, around the
circle of all numbers. Each number has the same chance; what it gives up is that two numbers of
one row are not independent, so that a sum over a row varies more than it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

from kdgraph.views.draw import Draw

AT_ONCE = 1 << 26
"""how many numbers get bits at the same time: half a gigabyte"""
STRIDES = 64


def distinct(randomness: Draw, high: Tensor, k: int, most: int) -> Tensor:
    """Draw without replacement.

    Args:
        randomness: one row for each row of the result.
        high: numbers are below it, int64 (b,); at least k.
        k: how many.
        most: no `high` is above it.

    Returns:
        int64 (b, k), each row k different numbers from 0 to its `high` - 1, in any order.
    """
    if high.device.type == "cpu":
        return _by_shuffles(randomness, high, k)
    rows = max(1, AT_ONCE // most)
    parts = [
        _by_bits(randomness.of(one), limit, k, most)
        for one, limit in zip(randomness.examples.split(rows), high.split(rows), strict=True)
    ]
    return torch.cat(parts)


def spaced(randomness: Draw, high: Tensor, k: int, sizes: Sequence[int]) -> Tensor:
    """Draw a start and a step for each row; see above for what this gives up.

    Args:
        randomness: one row for each row of the result.
        high: numbers are below it, int64 (b,); each is one of `sizes`.
        k: how many, at most the smallest of `sizes`.
        sizes: all that `high` may be.
    """
    strides = torch.tensor(_primes(tuple(sizes)), device=high.device)
    stride = strides[randomness.integers(len(strides), 1)[:, 0]]
    # 63 bits modulo at most 2³¹: what is left over favours nobody by more than 2⁻³²
    first = (randomness.apart().bits(1)[:, 0] & (1 << 63) - 1) % high
    # in float64, which is exact here and on a CPU several times faster than `%` of whole numbers
    far = stride[:, None] * torch.arange(k, device=high.device, dtype=torch.float64)
    far += first[:, None]
    round_ = high[:, None].double()
    return far.sub_((far / round_).floor_().mul_(round_)).long()


def _by_shuffles(randomness: Draw, high: Tensor, k: int) -> Tensor:
    keys = randomness.bits(2).numpy().view(np.uint64)
    drawn = np.empty((len(keys), k), np.int64)
    for row, (key, end) in enumerate(zip(keys, high.tolist(), strict=True)):
        generator = np.random.Generator(np.random.Philox(key=key))
        drawn[row] = generator.choice(end, k, replace=False, shuffle=False)
    return torch.from_numpy(drawn)


def _by_bits(randomness: Draw, high: Tensor, k: int, most: int) -> Tensor:
    bits = randomness.bits(most)
    beyond = torch.arange(most, device=bits.device) >= high[:, None]
    bits = bits.masked_fill(beyond, torch.iinfo(torch.int64).max)
    return bits.topk(k, largest=False, sorted=False).indices


@cache
def _primes(sizes: tuple[int, ...]) -> list[int]:
    """Primes that divide none of the sizes, so that steps of that length meet every number."""
    found: list[int] = []
    number = 1009
    while len(found) < STRIDES:
        prime = all(number % one for one in range(3, int(number**0.5) + 1, 2))
        if prime and all(size % number for size in sizes):
            found.append(number)
        number += 2
    return found
