"""Networks of timm, with any number of classes and channels."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from torch import nn

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.models import LibraryMissing, UnknownLibraryNetwork
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.models.torchvision_import import import_torchvision


def import_timm(wanted: str, *, span: Span | None = None) -> ModuleType:
    """The module timm, which imports torchvision in its turn.

    Raises:
        RecipeError: timm is not installed, or torchvision does not import.
    """
    import_torchvision(wanted, span=span)
    try:
        return import_module("timm")
    except ModuleNotFoundError as error:
        if error.name != "timm":
            raise
        missing = LibraryMissing(wanted=wanted, library="timm", package="timm", span=span)
        raise RecipeError(missing) from None


def build(name: str, classes: int, *, channels: int = 3, span: Span | None = None) -> nn.Module:
    """A network of timm's with random weights.

    Raises:
        RecipeError: timm is missing, or has no network of this name.
    """
    timm = import_timm(f"`timm:{name}`", span=span)
    if not timm.is_model(name):
        unknown = UnknownLibraryNetwork(
            library="timm",
            version=timm.__version__,
            name=name,
            near=suggest(name, timm.list_models()),
            lister="timm.list_models()",
            span=span,
        )
        raise RecipeError(unknown)
    network: nn.Module = timm.create_model(
        name, pretrained=False, num_classes=classes, in_chans=channels
    )
    return network
