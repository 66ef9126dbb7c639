"""A network from its name: of the zoo, of a plugin, of torchvision or of timm."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kdgraph.models.added import Added
from kdgraph.models.known import find, split

if TYPE_CHECKING:
    from torch import nn

    from kdgraph.lang.source import Span


def build(name: str, classes: int, *, channels: int = 3, span: Span | None = None) -> nn.Module:
    """A new network with random weights, drawn from PyTorch's own generator.

    Args:
        name: a name of the zoo (`resnet20`) or of a plugin, `torchvision:NAME` or `timm:NAME`.
        classes: how many logits.
        channels: of the images, 1 or 3 as a rule.
        span: where the name is written, for the caret.

    Raises:
        RecipeError: the name is not known, or its library is missing or broken.
    """
    library, plain = split(name, span=span)
    if library:
        builder = import_module(f"kdgraph.models.from_{library}")
        return builder.build(plain, classes, channels=channels, span=span)
    known = find(name, span=span)
    if isinstance(known, Added):
        from kdgraph.models import from_plugin

        return from_plugin.build(known, classes, channels=channels, span=span)
    module, _, family = known.builder.partition(":")
    return getattr(import_module(module), family)(classes, channels=channels, **known.arguments)
