"""A digest of the code that networks and words are made of: other code learns other weights."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from torch import nn

from kdgraph.graph.graph import LossGraph
from kdgraph.registry import REGISTRY

OWN = "kdgraph"
LIBRARIES = frozenset({"torch", "torchvision", "timm"})
"""known by their version; torch's own is compared elsewhere"""


def code_of(network: nn.Module) -> str:
    """A hash of the files that define its modules, and of the versions of libraries.

    A file is known by its text, so a plugin that was edited is told from what it was, and
    another place of the same file is not.
    """
    homes = {kind.__module__ for module in network.modules() for kind in type(module).__mro__}
    found = sorted({_told(home) for home in homes} - {""})
    if hasattr(network, "written_in"):  # the function of a plugin that built it
        found.append(_text(str(network.written_in)))
    return hashlib.sha256(" ".join(found).encode()).hexdigest()[:16]


def code_of_words(names: Iterable[str]) -> dict[str, str]:
    """The text of the files that plugins' words stand in, each as a fact under a name for people.

    Words of kdgraph's own are known by its version.
    """
    found = {name: REGISTRY.get(name) for name in sorted(set(names))}
    homes = {name: word.origin.partition(":")[0] for name, word in found.items() if word}
    return {
        f"code of the word `{name}`": _told(home)[:16]
        for name, home in homes.items()
        if home.partition(".")[0] != OWN
    }


def words_in(graph: LossGraph) -> frozenset[str]:
    """The words that a loss is made of."""
    return frozenset(graph.node(number).op.name for number in graph.dag)


def _told(home: str) -> str:
    library = home.partition(".")[0]
    if library in LIBRARIES:
        return _version(library) if library != "torch" else ""
    if library in sys.stdlib_module_names:
        return ""
    return _text(getattr(sys.modules.get(home), "__file__", None) or home)


@cache
def _version(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return library


@cache
def _text(file: str) -> str:
    path = Path(file)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else file
