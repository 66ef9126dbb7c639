"""A digest of the code a network is made of: weights learnt by other code are other weights."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from torch import nn

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
