"""What a network computes after one of its maps, as a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from kdgraph.graph.network import Network
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.branches import NoBranch
from kdgraph.lang.source import Span
from kdgraph.lower.between import UnfitError, between
from kdgraph.lower.mode import in_mode
from kdgraph.lower.stand_in import FAULTS, first_line, untouched
from kdgraph.lower.tapped import Tapped

MAPS, FEATURES = "maps", "features"


class NoStageError(UnfitError):
    """Why a network has no further stage."""

    advice = "leave the last map out, as in `zip(h[:-1], student.maps[:-1])`"


class FixedLayerError(UnfitError):
    """Why layers can't be drawn anew."""

    advice = "write that method, which draws the layer's parameters as its `__init__` does"


def rest_of(
    network: nn.Module, known: Network, place: int, sample: Tensor, span: Span | None = None
) -> nn.Module:
    """A copy of what turns a map into the vector that the classifier sees.

    After the last map one more stage comes first, as wide as the last and of stride 1.

    Args:
        network: the network, which is not changed.
        known: its aliases.
        place: which of its maps, from 0.
        sample: a batch as the network will see it.
        span: where the branch is written.

    Raises:
        RecipeError: if a network has no such part, or it needs more than the map.
    """
    tap, rows = f"{MAPS}[{place}]", sample[:2]
    try:
        if not known.has(FEATURES):
            msg = "nothing says which value its classifier sees"
            raise UnfitError(msg)
        with untouched(network):
            rest = copied(between(network, known.path(tap), known.path(FEATURES), rows))
        if place + 1 == known.count(MAPS):
            rest = nn.Sequential(_another(network, known.path(tap), rows), rest)
        _refuse_fixed(rest)
    except FAULTS as fault:
        told = NoBranch(
            span=span,
            network=known.title or type(network).__name__,
            place=tap,
            reason=first_line(fault),
            advice=getattr(fault, "advice", UnfitError.advice),
        )
        raise RecipeError(told) from fault
    return rest


def copied(part: nn.Module) -> nn.Module:
    """A copy on the processor, trainable.

    Numbers are drawn in the order of memory, so its layout is the plain one, whatever the
    network's is.
    """
    made = deepcopy(part)
    hollow = any(one.is_meta for one in made.parameters())  # as where code is only shown
    made = (made.to_empty(device="cpu") if hollow else made.cpu()).requires_grad_()
    made = made.to(memory_format=torch.contiguous_format)
    return made.train()


def _another(network: nn.Module, path: str, rows: Tensor) -> nn.Module:
    """One more stage, as wide as the last.

    A network may say what that is, by `another()`, as those of the zoo do. Of any other it
    is made of the last stage's last block, as often as the stage has blocks.
    """
    own: Callable[[], nn.Module] | None = getattr(network, "another", None)
    if own is not None:
        return own().to(rows.dtype)
    stage = network.get_submodule(path)
    if not isinstance(stage, nn.Sequential) or not any(True for _ in stage[-1].parameters()):
        msg = f"nothing says what one more stage after `{path}` is"
        raise NoStageError(msg)
    with torch.no_grad(), in_mode(network, training=False):
        (value,) = Tapped(network, (path,))(rows)
        kept = _keeps_shape(stage[-1], value.clone())
    if not kept:
        msg = f"the last block of `{path}` does not keep the shape of its map"
        raise NoStageError(msg)
    return nn.Sequential(*(copied(stage[-1]) for _ in stage))


def _keeps_shape(block: nn.Module, value: Tensor) -> bool:
    try:
        given: Tensor = block(value)
    except FAULTS:
        return False
    return given.shape == value.shape


def _refuse_fixed(rest: nn.Module) -> None:
    """Refuse a layer that can't be started anew."""
    for module in rest.modules():
        own = next(iter(dict(module.named_parameters(recurse=False))), None)
        if own is not None and not hasattr(module, "reset_parameters"):
            msg = f"`{type(module).__name__}` has no `reset_parameters` to start `{own}` anew"
            raise FixedLayerError(msg)
