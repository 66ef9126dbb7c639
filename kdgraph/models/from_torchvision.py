"""Classification networks of torchvision, with any number of classes and channels."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.models import UnknownLibraryNetwork
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.models.torchvision_import import import_torchvision

# without their auxiliary classifiers, these return logits alone in training too
ARGUMENTS: Mapping[str, Mapping[str, bool]] = {
    "googlenet": {"aux_logits": False, "init_weights": True},
    "inception_v3": {"aux_logits": False, "init_weights": True},
}


def build(name: str, classes: int, *, channels: int = 3, span: Span | None = None) -> nn.Module:
    """A network of torchvision's with random weights.

    Raises:
        RecipeError: torchvision does not import, or has no such classification network.
    """
    torchvision = import_torchvision(f"`torchvision:{name}`", span=span)
    names = torchvision.models.list_models(module=torchvision.models)
    if name not in names:
        unknown = UnknownLibraryNetwork(
            library="torchvision",
            version=torchvision.__version__,
            name=name,
            near=suggest(name, names),
            lister="torchvision.models.list_models(module=torchvision.models)",
            span=span,
        )
        raise RecipeError(unknown)
    network: nn.Module = torchvision.models.get_model(
        name, weights=None, num_classes=classes, **ARGUMENTS.get(name, {})
    )
    take_channels(network, channels)
    object.__setattr__(network, "torchvision_name", name)  # whose weights fit, pretrained.py
    return network


def take_channels(network: nn.Module, channels: int) -> None:
    """Give the first convolution this many input channels, going round those it has.

    The kernels of a channel are the ones that were drawn for channel `c mod 3`, so that
    they are distributed as the network's author wanted.
    """
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    if channels != first.in_channels:
        kernels = first.weight.detach()[:, torch.arange(channels) % first.in_channels]
        first.weight = nn.Parameter(kernels)
        first.in_channels = channels
