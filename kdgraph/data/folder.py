"""Images in folders of classes: `train/<class>` beside `test/<class>` or `val/<class>`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import torch

from kdgraph.data.files import Files, Paths
from kdgraph.data.known import KNOWN
from kdgraph.data.parquet import has_shards, parquet
from kdgraph.data.spec import DataSpec
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import ClassesDisagree, DamagedFile, NoDataThere, NothingInside

KINDS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
TESTS = ("test", "val", "validation")
ANNOTATIONS = "val_annotations.txt"


def folder(spec: DataSpec) -> tuple[Files, Files]:
    """Classes in the order of their names, images in the order of theirs."""
    if has_shards(spec.folder):
        return parquet(spec)
    train = spec.folder / "train"
    test = next((spec.folder / one for one in TESTS if _classes(spec.folder / one)), None)
    names = _classes(train)
    if not names or test is None:
        where, get = str(spec.folder), KNOWN[spec.name].get
        what = "test images" if names else "training images"
        raise RecipeError(NoDataThere(name=spec.name, folder=where, get=get, what=what))
    empty = [name for name in names if next(_images(train / name), None) is None]
    if empty:
        places = [str(train / name) for name in empty]
        kinds = ", ".join(KINDS)
        raise RecipeError(*(NothingInside(place=place, kinds=kinds) for place in places))
    listed = [(path, name) for name in names for path in _images(train / name)]
    return _files(spec, names, listed), _files(spec, names, _tested(test))


def _classes(part: Path) -> list[str]:
    """The class folders of a part; none where it is absent."""
    if not part.is_dir():
        return []
    return sorted(one.name for one in part.iterdir() if one.is_dir() and one.name[0] != ".")


def _images(place: Path) -> Iterator[str]:
    """The images in a class folder and below it, by name."""
    for inside, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(KINDS) and name[0] != ".":
                yield f"{inside}{os.sep}{name}"


def _tested(part: Path) -> list[tuple[str, str]]:
    """Each test image with its class, from the folders or from Tiny ImageNet's list."""
    listed = part / ANNOTATIONS
    if listed.is_file():
        try:
            text = listed.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = "it is no text" if isinstance(problem, ValueError) else str(problem.strerror)
            raise RecipeError(DamagedFile(file=str(listed), reason=reason)) from problem
        rows = [line.split("\t") for line in text.splitlines()]
        return [(str(part / "images" / row[0]), row[1]) for row in rows if len(row) > 1]
    return [(path, name) for name in _classes(part) for path in _images(part / name)]


def _files(spec: DataSpec, names: list[str], listed: list[tuple[str, str]]) -> Files:
    number = {name: one for one, name in enumerate(names)}
    strange = sorted({name for _, name in listed} - set(names))
    if strange:
        difference = f"only the test has {', '.join(f'`{one}`' for one in strange[:4])}"
        raise RecipeError(ClassesDisagree(folder=str(spec.folder), difference=difference))
    labels = torch.tensor([number[name] for _, name in listed], dtype=torch.int64)
    items = Paths(tuple(path for path, _ in listed))
    return Files(items, torch.arange(len(listed)), labels, tuple(names))
