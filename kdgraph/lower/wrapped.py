"""Networks are given as they are: what compiles or wraps them belongs around the step."""

from __future__ import annotations

import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.own_networks import NetworkWrapped

AROUND = {"DataParallel", "DistributedDataParallel", "FullyShardedDataParallel"}


def refuse_wrapped(name: str, network: nn.Module) -> None:
    """Refuse a network that is compiled, scripted or wrapped, or holds such a module.

    Args:
        name: the recipe's name for it.
        network: what was given for that name.

    Raises:
        RecipeError: it says what to compile or to wrap instead.
    """
    for path, module in network.named_modules():
        found = _wrapped(f"{name}.{path}" if path else name, module)
        if found is not None:
            raise RecipeError(found)


def _wrapped(place: str, module: nn.Module) -> NetworkWrapped | None:
    """The mistake, where a module is anything but itself."""
    kind = type(module).__name__
    if hasattr(module, "_orig_mod"):
        what = f"give the network inside, `{place}._orig_mod`, and compile the step"
        return NetworkWrapped(network=place, how="compiled", advice=f"{what}: `step.compile()`")
    if module._compiled_call_impl is not None:  # noqa: SLF001 - what `module.compile()` leaves
        what = f"leave out `{place}.compile()`, and compile the step"
        return NetworkWrapped(network=place, how="compiled", advice=f"{what}: `step.compile()`")
    if kind in AROUND:
        what = f"give the network inside, `{place}.module`, and wrap the step"
        how = f"wrapped in `{kind}`"
        return NetworkWrapped(
            network=place, how=how, advice=f"{what}: `DistributedDataParallel(step)`"
        )
    if isinstance(module, torch.jit.ScriptModule):
        what = "give the network as it was before: `torch.jit` hides what is inside"
        return NetworkWrapped(network=place, how="a module of `torch.jit`", advice=what)
    return None
