"""What every rank does for itself and all must manage, or none goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch.distributed as dist

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.train.distributed import World

Made = TypeVar("Made")


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
    assert result is not None
    return result
