"""Which examples a step sees: a function of the seeds alone, the same for any number of ranks."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import torch
from torch import Tensor


def order(n: int, *, seed: int, stage: int | str, epoch: int) -> Tensor:
    """The order of `n` examples in an epoch, int64 (n,) on the CPU.

    It has a generator of its own: nothing drawn elsewhere moves it, and it moves nothing.
    """
    key = blake2b(repr((seed, stage, epoch)).encode(), digest_size=8, person=b"kd order")
    generator = torch.Generator().manual_seed(int.from_bytes(key.digest(), "little") >> 1)
    return torch.randperm(n, generator=generator)


def batches(
    examples: Tensor,
    *,
    batch: int,
    drop_last: bool = False,
    least: int = 1,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Tensor]:
    """Give this rank's rows of each global batch, in the order given.

    A global batch is `batch` consecutive examples; rank r has the r-th of `world` consecutive
    parts of it. So the global batches are the same for any number of ranks, and the parts of a
    short batch differ by at most one row.

    Args:
        examples: example numbers, int64 (n,), from `order`, or `torch.arange` for evaluation.
        batch: rows of a global batch, over all ranks.
        drop_last: leave a short last batch out.
        least: leave a short last batch out if a rank would have fewer rows than this: 1 to
            train, 2 where batch norm trains, 0 to evaluate (a rank may get an empty batch, so
            that all ranks make the same number of steps).
        rank: which part.
        world: how many parts.

    >>> [one.tolist() for one in batches(torch.arange(5), batch=2)]
    [[0, 1], [2, 3], [4]]
    >>> [one.tolist() for one in batches(torch.arange(5), batch=4, rank=1, world=2)]
    [[2, 3]]
    """
    count = steps(len(examples), batch=batch, drop_last=drop_last, least=least, world=world)
    for one in torch.split(examples, batch)[:count]:
        yield one.tensor_split(world)[rank]


def steps(n: int, *, batch: int, drop_last: bool = False, least: int = 1, world: int = 1) -> int:
    """How many batches `batches` gives, the same on every rank."""
    if batch < world * least:
        msg = f"a batch of {batch} gives some of {world} ranks fewer than {least} rows"
        raise ValueError(msg)
    whole, short = divmod(n, batch)
    kept = short > 0 and not drop_last and short // world >= least
    return whole + kept
