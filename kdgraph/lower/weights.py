"""Weights that a step can't be made with: those without values, and those that are held twice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import suppress
from itertools import chain

import torch
from torch import Tensor, nn

from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.graph import SharedBuffers, SharedWeights
from kdgraph.lang.errors.own_networks import NoValues
from kdgraph.lower.stand_in import FAULTS, equal, for_real, untouched


def refuse_hollow(networks: Mapping[str, nn.Module], sample: Tensor | None = None) -> None:
    """Refuse a network that has no values, or has only some.

    Args:
        networks: by the recipe's names.
        sample: a batch as they will see it; on the meta device networks may be there as well, as
            they may where there is none.

    Raises:
        RecipeError: a parameter or buffer is on the meta device.
    """
    for name, network in networks.items():
        held = dict(chain(network.named_parameters(), network.named_buffers()))
        hollow = [path for path, one in held.items() if one.is_meta]
        wanted = len(held) if sample is None or sample.is_meta else 0
        if hollow and len(hollow) != wanted:
            raise RecipeError(NoValues(network=name, weight=hollow[0]))


def refuse_shared(world: World, networks: Mapping[str, nn.Module]) -> None:
    """Refuse a parameter that one network trains and another keeps frozen.

    One that asks for no gradient is not trained: the adapters of a student may stand on the
    teacher's own weights.

    Raises:
        RecipeError: it names both, and the parameter.
    """
    frozen = {
        _place(parameter): name
        for name, network in networks.items()
        if not world.trains_model(name)
        for parameter in network.parameters()
    }
    for name, network in networks.items():
        if not world.trains_model(name):
            continue
        for path, parameter in network.named_parameters():
            other = frozen.get(_place(parameter))
            if parameter.requires_grad and other is not None:
                raise RecipeError(SharedWeights(trained=name, frozen=other, parameter=path))


def refuse_moved(
    world: World, networks: Mapping[str, nn.Module], shown: Mapping[str, Tensor]
) -> None:
    """Refuse a network that in train mode moves a buffer of another, as batch norm does.

    Found by running it, where it shares a buffer at all; buffers that no forward changes may be
    shared, and so may those of two networks that are both trained.

    Args:
        world: what is trained, and in which modes.
        networks: by the recipe's names.
        shown: a batch for each network that is run.

    Raises:
        RecipeError: it names both, and the buffer.
    """
    for name, sample in shown.items():
        if world.mode(name) != "train":
            continue
        theirs = {
            _place(buffer): other
            for other, network in networks.items()
            if other != name and not (world.trains_model(name) and world.trains_model(other))
            for buffer in network.buffers()
        }
        named = dict(networks[name].named_buffers())
        shared = {path: one for path, one in named.items() if _place(one) in theirs}
        for path in _moved(networks[name], shared, sample, follows=world.follows(name)):
            other = theirs[_place(shared[path])]
            raise RecipeError(SharedBuffers(moving=name, other=other, buffer=path))


def _moved(
    network: nn.Module, shared: Mapping[str, Tensor], sample: Tensor, *, follows: bool
) -> list[str]:
    """Those of these buffers that a forward in train mode writes to."""
    if not shared:
        return []
    before = {path: (one._version, one.clone()) for path, one in shared.items()}  # noqa: SLF001 - torch's only name
    pair = torch.empty((2, *sample.shape[1:]), dtype=sample.dtype, device="meta")
    with (
        suppress(*FAULTS),
        untouched(network),
        torch.no_grad(),
        for_real(network, pair) as (forward, x),
    ):
        network.train()  # which may hold a part of itself in eval mode
        for module in network.modules() if follows else ():
            module.training = True
        forward(x)
        return [
            path
            for path, one in shared.items()
            if one._version != before[path][0] or not equal(one, before[path][1])  # noqa: SLF001 - see above
        ]
    return []


def _place(tensor: Tensor) -> Hashable:
    """Where a tensor's values are: two of one place are one, whatever holds them."""
    plain = type(tensor) in {Tensor, nn.Parameter} and tensor.layout == torch.strided
    if not plain or tensor.is_meta or not tensor.numel():
        return id(tensor)
    return tensor.device, tensor.data_ptr()
