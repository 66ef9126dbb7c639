"""From what a setting says to images: read, check, choose, relabel, decode."""

from __future__ import annotations

import os
from collections.abc import Callable

from kdgraph.data.check import FEWEST, mistakes
from kdgraph.data.cifar import cifar
from kdgraph.data.digits import digits
from kdgraph.data.files import Files
from kdgraph.data.folder import KINDS, folder
from kdgraph.data.hold import form_of, hold
from kdgraph.data.images import Images, Split
from kdgraph.data.known import facts
from kdgraph.data.noise import noisy
from kdgraph.data.parquet import parquet
from kdgraph.data.scale import scaled
from kdgraph.data.spec import DataSpec
from kdgraph.data.statistics import statistics
from kdgraph.data.stl10 import stl10
from kdgraph.data.stream import Stream
from kdgraph.data.subset import stratified
from kdgraph.data.synthetic import synthetic
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import BadAmount, NothingInside, WrongClassCount

Listed = Images | Files
Source = Callable[[DataSpec], tuple[Listed, Listed]]

SOURCES: dict[str, Source] = {
    "digits": digits,
    "synthetic": synthetic,
    "cifar10": cifar,
    "cifar100": cifar,
    "stl10": stl10,
    "tinyimagenet": folder,
    "imagenet": folder,
    "folder": folder,
    "parquet": parquet,
}

BUDGET = 4 << 30


def load(spec: DataSpec, *, budget: int = BUDGET, workers: int | None = None) -> Split:
    """Read a data set; every mistake in it is a diagnostic, before anything is trained.

    Args:
        spec: what to read.
        budget: bytes of uint8 pixels that each part may hold in memory; a larger part becomes a
            `Stream`.
        workers: processes that decode a stream; one for each core without it.
    """
    wrong = tuple(mistakes(spec))
    if wrong:
        raise RecipeError(*wrong)
    train, test = SOURCES[spec.name](spec)
    _refuse(spec, train, test)
    train = _chosen(train, round(spec.fraction * len(train)), spec.limit)
    train = train.relabel(noisy(train.labels, len(train.names), spec.label_noise))
    test = _chosen(test, len(test), spec.test_limit)
    processes = (os.cpu_count() or 1) if workers is None else workers
    shown, kept = (_held(spec, part, budget, processes) for part in (train, test))
    known = facts(spec)
    if known.mean is None or known.std is None:
        return Split(shown, kept, *statistics(shown))
    return Split(shown, kept, known.mean, known.std)


def _refuse(spec: DataSpec, train: Listed, test: Listed) -> None:
    """Refuse empty parts, other classes than are promised, and a single class to learn."""
    for part, name in ((train, "train"), (test, "test")):
        if not len(part):
            place, kinds = str(spec.folder / name), ", ".join(KINDS)
            raise RecipeError(NothingInside(place=place, kinds=kinds))
    expected, found = facts(spec).classes, len(train.names)
    if expected is not None and found != expected:
        where = str(spec.folder)
        mistake = WrongClassCount(folder=where, name=spec.name, found=found, expected=expected)
        raise RecipeError(mistake)
    there = train.labels.unique()
    if len(there) < FEWEST:
        one = f"1, as counted in `{spec.folder}`: `{train.names[int(there[0])]}`"
        allowed = f"at least {FEWEST}"
        raise RecipeError(BadAmount(field="classes", found=one, allowed=allowed))


def _chosen(part: Listed, total: int, limit: int | None) -> Listed:
    total = max(1, total if limit is None else min(total, limit))
    return part if total >= len(part) else part.take(stratified(part.labels, total))


def _held(spec: DataSpec, part: Listed, budget: int, workers: int) -> Images | Stream:
    channels = facts(spec).channels or 3
    if isinstance(part, Images):
        return scaled(part, channels, spec.size)
    return hold(part, form_of(part, channels, spec.size), budget=budget, workers=workers)
