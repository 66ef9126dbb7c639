r"""Rows of all ranks as one batch, with gradient.

Forward: $G = [v_0; v_1; \dots]$ in rank order. Backward: the gradients that reach $G$ on the
ranks are summed, and each rank takes its own rows. When every rank computes the same loss from
$G$, the sum is the world's size times too large, and the mean that `DistributedDataParallel`
takes over ranks puts that right: the gradients are those of one process with the whole batch.

Both directions are custom ops, opaque to the compiler: an `autograd.Function` that returns the
output of `all_gather_into_tensor` gives zero gradients when torch 2.11 compiles it, silently.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx


def gather_rows(rows: Tensor) -> Tensor:
    """All ranks' rows in rank order; every rank must have equally many.

    With a single process these are the rows themselves.
    """
    if world_size() == 1:
        return rows
    gathered: Tensor = torch.ops.kdgraph.gather_rows(rows, world_size())
    return gathered


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


@torch.library.custom_op("kdgraph::gather_rows", mutates_args=())
def _gather(rows: Tensor, world: int) -> Tensor:
    own = rows.contiguous()
    parts = [torch.empty_like(own) for _ in range(world)]
    dist.all_gather(parts, own)
    return torch.cat(parts)


@_gather.register_fake
def _(rows: Tensor, world: int) -> Tensor:
    return rows.new_empty((rows.shape[0] * world, *rows.shape[1:]))


@torch.library.custom_op("kdgraph::own_rows", mutates_args=())
def _own(gradient: Tensor, world: int) -> Tensor:
    total = gradient.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total.chunk(world)[dist.get_rank()].clone()


@_own.register_fake
def _(gradient: Tensor, world: int) -> Tensor:
    return gradient.new_empty((gradient.shape[0] // world, *gradient.shape[1:]))


class Asked(FunctionCtx):
    """What the backward has to know."""

    world: int


def _remember(ctx: Asked, inputs: tuple[Tensor, int], output: Tensor) -> None:
    del output
    ctx.world = inputs[1]


def _backward(ctx: Asked, gradient: Tensor) -> tuple[Tensor, None]:
    return torch.ops.kdgraph.own_rows(gradient, ctx.world), None


_gather.register_autograd(_backward, setup_context=_remember)
