r"""What ranks tell one another within a step: rows put together, means, sums; with gradient.

A value that has rows is *local*, or it is *whole*: the same on every rank. The loss is whole and
its backward starts on every rank, so that $\sum_r \partial L_r = W\, \partial L$ for W ranks. What
reaches a local value is W times the gradient of its rows; what reaches a whole one is right in the
mean over ranks. `DistributedDataParallel` takes that mean of what reaches the parameters, and the
gradients are those of one process with the whole batch.

Where all ranks have one gradient of a whole value (`alike`), nothing need be sent in the backward.

Which processes those are is said by the name of their group, since an operation takes no objects;
`""` is all of them.

All are custom ops, opaque to the compiler: an `autograd.Function` that returns the output of
`all_gather_into_tensor` gives zero gradients when torch 2.11 compiles it, silently.
"""

# ruff: noqa: FBT001, FBT002 - custom ops take their arguments by position

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx

from kdgraph.lower.ranks import Ranks

_GROUPS: dict[str, dist.ProcessGroup] = {}


def ranks_of(rank: int, size: int, group: str = "") -> Ranks:
    """What a step of several ranks is lowered with."""
    everyones = partial(all_rows, group=group)
    return Ranks(rank, size, gather_rows, pool_rows, total_rows, everyones, group)


def named(group: dist.ProcessGroup | None) -> str:
    """The name under which the operations find a group; none is that of all processes."""
    if group is None:
        return ""
    _GROUPS[group.group_name] = group
    return str(group.group_name)


def group_of(name: str) -> dist.ProcessGroup | None:
    """The group of a name, as torch's functions take it; None is all processes."""
    return _GROUPS.get(name)


def lost_contact(fault: BaseException) -> bool:
    """Whether an exception says that another process is gone, or too late."""
    return isinstance(fault, dist.DistError) or (
        isinstance(fault, RuntimeError) and "gloo/transport" in str(fault)
    )


def gather_rows(rows: Tensor, alike: bool = False, group: str = "") -> Tensor:
    """All ranks' rows in rank order; every rank must have equally many.

    With a single process these are the rows themselves.
    """
    if world_size(group) == 1:
        return rows
    gathered: Tensor = torch.ops.kdgraph.gather_rows(rows, world_size(group), alike, group)
    return gathered


def pool_rows(value: Tensor, count: Tensor, alike: bool = False, group: str = "") -> Tensor:
    """The mean over ranks of a value that stands for `count` rows on this one.

    Ranks may have different numbers of rows; where none has any the mean is 0.
    """
    if world_size(group) == 1:
        return value
    size = world_size(group)
    pooled: Tensor = torch.ops.kdgraph.pool_rows(value, count, size, alike, group)[0]
    return pooled


def total_rows(value: Tensor, alike: bool = False, group: str = "") -> Tensor:
    """The sum over ranks."""
    if world_size(group) == 1:
        return value
    total: Tensor = torch.ops.kdgraph.total_rows(value, world_size(group), alike, group)
    return total


@torch.no_grad()
def all_rows(rows: Tensor, counts: Sequence[int] | None = None, group: str = "") -> Tensor:
    """The rows of the whole batch in its order, detached, the same on every rank.

    This is what the commit of memory writes: a step stages this rank's rows of what memory keeps
    (values, and the numbers of their examples), and every rank writes the rows of all. Rank r has
    the r-th part of a batch, so that rank order is the order of the batch.

    Args:
        rows: of this rank, any shape and type with rows in front.
        counts: how many rows each rank has, from `row_counts`; None where all have equally
            many, as they have in every batch of a `Feed`.
        group: the name of the processes.
    """
    if world_size(group) == 1:
        return rows.detach()
    own = rows.detach().contiguous()
    if counts is None:
        parts = [torch.empty_like(own) for _ in range(world_size(group))]
        dist.all_gather(parts, own, group=group_of(group))
        return torch.cat(parts)
    most = max(counts)
    padded = own.new_zeros((most, *own.shape[1:]))
    padded[: len(own)] = own
    parts = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(parts, padded, group=group_of(group))
    return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])


def row_counts(rows: Tensor) -> tuple[int, ...]:
    """How many rows each rank has; the host waits for the answer."""
    own = torch.tensor([len(rows)], device=rows.device)
    return tuple(all_rows(own).tolist())


def world_size(group: str = "") -> int:
    """How many processes train together."""
    if not (dist.is_available() and dist.is_initialized()):
        return 1
    return dist.get_world_size(group_of(group))


class Asked(FunctionCtx):
    """What a backward has to know."""

    world: int
    alike: bool
    group: str
    saved_tensors: tuple[Tensor, ...]


@torch.library.custom_op("kdgraph::gather_rows", mutates_args=())
def _gather(rows: Tensor, world: int, alike: bool, group: str) -> Tensor:
    del alike
    own = rows.contiguous()
    parts = [torch.empty_like(own) for _ in range(world)]
    dist.all_gather(parts, own, group=group_of(group))
    return torch.cat(parts)


@_gather.register_fake
def _(rows: Tensor, world: int, alike: bool, group: str) -> Tensor:
    del alike, group
    return rows.new_empty((rows.shape[0] * world, *rows.shape[1:]))


@torch.library.custom_op("kdgraph::own_rows", mutates_args=())
def _own(gradient: Tensor, world: int, alike: bool, group: str) -> Tensor:
    rank = dist.get_rank(group_of(group))
    if alike:
        return gradient.chunk(world)[rank] * world
    total = gradient.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total, group=group_of(group))
    return total.chunk(world)[rank].clone()


@_own.register_fake
def _(gradient: Tensor, world: int, alike: bool, group: str) -> Tensor:
    del alike, group
    return gradient.new_empty((gradient.shape[0] // world, *gradient.shape[1:]))


@torch.library.custom_op("kdgraph::total_rows", mutates_args=())
def _total(value: Tensor, world: int, alike: bool, group: str) -> Tensor:
    del world, alike
    total = value.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total, group=group_of(group))
    return total


@_total.register_fake
def _(value: Tensor, world: int, alike: bool, group: str) -> Tensor:
    del world, alike, group
    return value.new_empty(value.shape)


@torch.library.custom_op("kdgraph::pool_rows", mutates_args=())
def _pool(
    value: Tensor, count: Tensor, world: int, alike: bool, group: str
) -> tuple[Tensor, Tensor]:
    """The mean, and this rank's share of the rows that it is over."""
    del world, alike
    told = torch.cat([(value * count).reshape(-1), count.reshape(1)])
    dist.all_reduce(told, group=group_of(group))
    rows = told[-1].clamp(min=1)
    return (told[:-1] / rows).reshape(value.shape), count / rows


@_pool.register_fake
def _(value: Tensor, count: Tensor, world: int, alike: bool, group: str) -> tuple[Tensor, Tensor]:
    del world, alike, group
    return value.new_empty(value.shape), count.new_empty(())


def _remember(ctx: Asked, inputs: tuple[Tensor, int, bool, str], output: Tensor) -> None:
    del output
    _, ctx.world, ctx.alike, ctx.group = inputs


def _remember_share(
    ctx: Asked, inputs: tuple[Tensor, Tensor, int, bool, str], output: tuple[Tensor, Tensor]
) -> None:
    *_, ctx.world, ctx.alike, ctx.group = inputs
    ctx.save_for_backward(output[1])


def _to_own(ctx: Asked, gradient: Tensor) -> tuple[Tensor, None, None, None]:
    own = torch.ops.kdgraph.own_rows(gradient, ctx.world, ctx.alike, ctx.group)
    return own, None, None, None


def _to_all(ctx: Asked, gradient: Tensor) -> tuple[Tensor, None, None, None]:
    return _summed(ctx, gradient), None, None, None


def _to_shares(ctx: Asked, gradient: Tensor, _: Tensor) -> tuple[Tensor, *tuple[None, ...]]:
    (share,) = ctx.saved_tensors
    return _summed(ctx, gradient) * share, None, None, None, None


def _summed(ctx: Asked, gradient: Tensor) -> Tensor:
    """The sum over ranks of a gradient, which is known without asking where all are alike."""
    if ctx.alike:
        return gradient * ctx.world
    summed: Tensor = torch.ops.kdgraph.total_rows(gradient, ctx.world, True, ctx.group)
    return summed


_gather.register_autograd(_to_own, setup_context=_remember)
_total.register_autograd(_to_all, setup_context=_remember)
_pool.register_autograd(_to_shares, setup_context=_remember_share)
