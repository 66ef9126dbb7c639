"""The networks kdgraph knows by name, told without importing one of them."""

from __future__ import annotations

from collections.abc import Mapping

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.models import UnknownLibrary, UnknownNetwork
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.source import Span
from kdgraph.models.added import ADDED, Added
from kdgraph.models.zoo import ZOO, Known

KNOWN: Mapping[str, Known] = ZOO
NAMES: tuple[str, ...] = tuple(KNOWN)
LIBRARIES: Mapping[str, str] = {
    "torchvision": "any classification network of torchvision, as `torchvision:resnet18`",
    "timm": "any network of timm, as `timm:convnext_atto`",
}


def split(name: str, *, span: Span | None = None) -> tuple[str, str]:
    """The library a name is from, "" for the zoo, and the name in it.

    >>> split("timm:convnext_atto"), split("resnet20")
    (('timm', 'convnext_atto'), ('', 'resnet20'))
    """
    library, colon, plain = name.partition(":")
    if not colon:
        return "", name
    if library not in LIBRARIES:
        near = suggest(library, LIBRARIES)
        raise RecipeError(UnknownLibrary(library=library, name=plain, near=near, span=span))
    return library, plain


def find(name: str, *, span: Span | None = None) -> Known | Added:
    """The network of the zoo or of a plugin with this name; a wrong one gets the nearest."""
    found = KNOWN.get(name) or ADDED.get(name)
    if found is None:
        near = suggest(name, [*KNOWN, *ADDED])
        raise RecipeError(UnknownNetwork(name=name, near=near, span=span))
    return found
