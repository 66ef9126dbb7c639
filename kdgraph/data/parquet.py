"""Data sets in Parquet shards: encoded images, labels and class names, all checked."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from kdgraph.data.files import Files, Rows
from kdgraph.data.known import KNOWN
from kdgraph.data.shards import TESTS, series
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import (
    ClassesDisagree,
    LabelOutOfRange,
    MissingPackage,
    NoDataThere,
    TooLarge,
)

if TYPE_CHECKING:
    from kdgraph.data.shard import Shard

SPARE = 0.5  # of the machine's memory, for encoded images
MOST = 1 << 20
"""classes that are believed where nothing names or counts them"""


def has_shards(folder: Path) -> bool:
    """Whether a folder holds Parquet shards."""
    return bool(series(folder))


def parquet(spec: DataSpec) -> tuple[Files, Files]:
    """The series `train-…` and `test-…`, or `validation-…` where the test has no labels."""
    try:
        shard = import_module("kdgraph.data.shard")
    except ImportError as problem:
        raise RecipeError(
            MissingPackage(
                name=spec.name,
                package="pyarrow",
                install="pyarrow",
                reason=str(problem),
            )
        ) from problem
    parts = series(spec.folder)
    if "train" not in parts or not any(one in parts for one in TESTS):
        where, get = str(spec.folder), KNOWN[spec.name].get
        what = "test images" if "train" in parts else "training images"
        raise RecipeError(NoDataThere(name=spec.name, folder=where, get=get, what=what))
    train = [shard.opened(path) for path in parts["train"]]
    tests = [[shard.opened(path) for path in parts[one]] for one in TESTS if one in parts]
    test = next((one for one in tests if _is_labelled(one)), tests[0])
    _fits(spec.folder, [*train, *test])
    names = _names(spec, [*train, *test])
    return _files(train, names), _files(test, names)


def _is_labelled(shards: list[Shard]) -> bool:
    return any((shard.labels() >= 0).any() for shard in shards)


def _fits(folder: Path, shards: list[Shard]) -> None:
    """Refuse shards whose encoded images are more than memory holds."""
    needed = sum(shard.weight for shard in shards)
    if not hasattr(os, "sysconf"):
        return
    limit = SPARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > limit:
        words = [f"{size / 2**30:.1f} GiB" for size in (needed, limit)]
        raise RecipeError(TooLarge(folder=str(folder), needed=words[0], limit=words[1]))


def _names(spec: DataSpec, shards: list[Shard]) -> tuple[str, ...]:
    """The class names that all shards agree on; numbers where no shard has names.

    A number beyond those that can be classes adds none, and is refused with its row.
    """
    told = [(shard, shard.names) for shard in shards if shard.names is not None]
    for shard, names in told[1:]:
        if names != told[0][1]:
            difference = f"`{shard.path.name}` has other class names than `{told[0][0].path.name}`"
            raise RecipeError(ClassesDisagree(folder=str(spec.folder), difference=difference))
    if told:
        return told[0][1]
    highest = max(int(shard.labels().max(initial=0)) for shard in shards)
    return tuple(str(one) for one in range(min(highest + 1, spec.classes or MOST)))


def _files(shards: list[Shard], names: tuple[str, ...]) -> Files:
    """Read the shards of one part whole, after each label was found to be a class."""
    labels = [shard.labels() for shard in shards]
    mistakes = []
    for shard, column in zip(shards, labels, strict=True):
        wrong = np.flatnonzero((column < 0) | (column >= len(names)))
        if len(wrong):
            place = f"row {wrong[0]} of `{shard.path}`"
            found = str(column[wrong[0]])
            mistakes.append(LabelOutOfRange(place=place, found=found, last=len(names) - 1))
    if mistakes:
        raise RecipeError(*mistakes)
    starts = np.cumsum([0, *(len(column) for column in labels)])
    blobs = tuple(blob for shard in shards for blob in shard.blobs())
    paths = tuple(str(shard.path) for shard in shards)
    items = Rows(blobs, paths, tuple(int(start) for start in starts[:-1]))
    return Files(items, torch.arange(len(blobs)), torch.from_numpy(np.concatenate(labels)), names)
