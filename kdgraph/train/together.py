"""What every rank does for itself and all must manage; and what rank 0 does for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, cast

import torch.distributed as dist
from torch import nn

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.train.distributed import World

Made = TypeVar("Made")
PATIENCE = timedelta(days=30)
_PATIENT: dict[object, object] = {}


def together(world: World, work: Callable[[], Made]) -> Made:
    """The result of the work; a mistake of one rank is every rank's.

    Without this the rank that fails first takes the others down before rank 0 can say why.

    Raises:
        RecipeError: with the mistakes of the first rank that has any.
    """
    if world.size == 1:
        return work()
    result: Made | None = None
    mistakes: tuple[Diagnostic, ...] = ()
    try:
        result = work()
    except RecipeError as error:
        mistakes = error.diagnostics
    everyones: list[tuple[Diagnostic, ...]] = [()] * world.size
    dist.all_gather_object(everyones, mistakes)
    first = next((one for one in everyones if one), ())
    if first:
        raise RecipeError(*first)
    return cast("Made", result)


def led(world: World, network: nn.Module, work: Callable[[], Made]) -> Made:
    """Let rank 0 do long work on a network; all ranks have its weights and the result then.

    The others wait for as long as it takes, which NCCL's own timeout would not let them.
    """
    if world.size == 1:
        return work()
    group = _patient()
    result = _said(world, work, group)
    state = {name: one.detach().cpu() for name, one in network.state_dict().items()}
    for one in state.values():
        dist.broadcast(one, src=0, group=group)
    network.load_state_dict(state)
    return result


def told(world: World, work: Callable[[], Made]) -> Made:
    """Let rank 0 do long work; all ranks have what it gives."""
    if world.size == 1:
        return work()
    return _said(world, work, _patient())


def _patient() -> object:
    """All ranks, waiting for as long as it takes: made once, and closed with the others' group."""
    everyone = dist.group.WORLD
    if everyone not in _PATIENT:
        _PATIENT.clear()
        _PATIENT[everyone] = dist.new_group(backend="gloo", timeout=PATIENCE)
    return _PATIENT[everyone]


def _said(world: World, work: Callable[[], Made], group: object) -> Made:
    said: list[Made | None] = [work() if world.leads else None]
    dist.broadcast_object_list(said, src=0, group=group)
    result = said[0]
    assert result is not None
    return result
