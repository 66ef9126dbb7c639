"""Data sets in their authors' own files: torchvision reads them once each checksum is right."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from kdgraph.data.known import KNOWN
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.data import (
    DamagedFile,
    MissingFiles,
    MissingPackage,
    NoDataThere,
)


class Archive(Protocol):
    """What a class of `torchvision.datasets` tells: its folder, its files and their checksums."""

    base_folder: str
    train_list: list[list[str]]
    test_list: list[list[str]]

    def __call__(self, root: Path, **part: object) -> Any:  # noqa: ANN401 - each has its own fields
        """Read one part."""


def torchvision_class(spec: DataSpec, name: str) -> Archive:
    """A class of `torchvision.datasets`; a torchvision that does not load is a diagnostic."""
    try:
        kind: Archive = getattr(import_module("torchvision.datasets"), name)
    except (
        ImportError,
        RuntimeError,
    ) as problem:  # RuntimeError: built for another torch
        raise RecipeError(
            MissingPackage(
                name=spec.name,
                package="torchvision",
                install="torch torchvision",
                reason=str(problem),
            )
        ) from problem
    return kind


def archive_root(spec: DataSpec, kind: Archive) -> Path:
    """The folder that holds the unpacked archive, every file of it being the original.

    `root` may be that folder or the unpacked one inside it.
    """
    root = spec.folder.parent if spec.folder.name == kind.base_folder else spec.folder
    unpacked = root / kind.base_folder
    if not unpacked.is_dir():
        get = KNOWN[spec.name].get
        raise RecipeError(NoDataThere(name=spec.name, folder=str(unpacked), get=get))
    mistakes = list(_faults(unpacked, kind))
    if mistakes:
        raise RecipeError(*mistakes)
    return root


def _faults(unpacked: Path, kind: Archive) -> Iterator[Diagnostic]:
    check_integrity = import_module("torchvision.datasets.utils").check_integrity
    sums = [(one[0], one[1]) for one in (*kind.train_list, *kind.test_list)]
    meta = getattr(kind, "meta", None)
    if meta is not None:
        sums.append((meta["filename"], meta["md5"]))
    absent = [name for name, _ in sums if not (unpacked / name).is_file()]
    if absent:
        yield MissingFiles(folder=str(unpacked), missing=", ".join(f"`{one}`" for one in absent))
    for name, checksum in sums:
        if name not in absent and not check_integrity(str(unpacked / name), checksum):
            reason = "its checksum is not that of the original"
            yield DamagedFile(file=str(unpacked / name), reason=reason)
