"""Networks of plugins, with their aliases found or declared."""

from __future__ import annotations

import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.own_networks import NotANetwork, WrongAlias
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.models.added import Added
from kdgraph.models.aliases import aliases


def build(added: Added, classes: int, *, channels: int = 3, span: Span | None = None) -> nn.Module:
    """A network of a plugin's.

    Raises:
        RecipeError: it is no network, or has no module that its aliases name.
    """
    made = _made(added, classes, channels)
    if not isinstance(made, nn.Module):
        raise RecipeError(
            NotANetwork(
                name=added.name,
                origin=added.origin,
                found=f"one `{type(made).__name__}`",
                classes=classes,
                span=span,
            )
        )
    if added.aliases:
        _refuse(added, made, span)
        object.__setattr__(made, "aliases", {**aliases(made), **added.aliases})
    object.__setattr__(made, "written_in", added.file)  # whose text is its code, train/code.py
    return made


def _made(added: Added, classes: int, channels: int) -> object:
    """What its function gives; some compute with numbers, which the meta device has none of."""
    device = torch.get_default_device()
    if device.type != "meta":
        return added.build(classes, channels=channels)
    try:
        return added.build(classes, channels=channels)
    except RuntimeError:
        with torch.device("cpu"):
            made: object = added.build(classes, channels=channels)
        return made.to("meta") if isinstance(made, nn.Module) else made


def _refuse(added: Added, made: nn.Module, span: Span | None) -> None:
    known = {path for path, _ in made.named_modules()}
    for alias, told in added.aliases.items():
        for path in (told,) if isinstance(told, str) else told:
            if path.removesuffix(".input") not in known:
                near = suggest(path, sorted(known - {""}))
                reason = f"it has no module `{path}`{f'; {near}' if near else ''}"
                raise RecipeError(
                    WrongAlias(
                        name=added.name, origin=added.origin, alias=alias, reason=reason, span=span
                    )
                )
