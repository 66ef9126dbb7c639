"""Mistakes of batches: none at all, of one image, or not to be shared out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NoBatches(Diagnostic):
    """An epoch has not a single batch.

    `drop_last` leaves out a batch that is not full, so a data set smaller than one batch gives
    none; a batch of one example is always left out, since batch norm cannot train on it.
    """

    code: ClassVar = "KD680"
    title: ClassVar = "{examples} example(s) give no batch of {batch}"
    help: ClassVar = "take more examples or a smaller `train.batch`, or leave out `train.drop_last`"

    examples: int
    batch: int


@dataclass(frozen=True, kw_only=True)
class BatchOfOne(Diagnostic):
    """Batch norm cannot train on a batch of one.

    It divides by how much the images of a batch differ, and one image does not differ from
    itself. A short last batch of one is left out for this reason; where every batch is that
    small nothing would be left. On several ranks each of them needs two images.
    """

    code: ClassVar = "KD699"
    title: ClassVar = "batch norm cannot train on batches of {batch}"
    help: ClassVar = (
        "write `--set train.batch={fewest}` or more, or take a network without batch norm"
    )

    batch: int
    fewest: int


@dataclass(frozen=True, kw_only=True)
class UnevenBatch(Diagnostic):
    """The batch cannot be shared out evenly among the ranks.

    `train.batch` counts the examples of one step over all ranks, so that a recipe means the
    same on one device and on eight. Every rank takes the same number of rows.
    """

    code: ClassVar = "KD681"
    title: ClassVar = "a batch of {batch} cannot be split evenly among {world} ranks"
    help: ClassVar = "make `train.batch` a multiple of {world}"

    batch: int
    world: int


@dataclass(frozen=True, kw_only=True)
class UnevenEpoch(Diagnostic):
    """The last batch of an epoch cannot be shared out evenly, so a few examples sit out.

    Every rank takes the same number of rows. The examples left out differ from epoch to epoch,
    since each epoch has an order of its own.
    """

    code: ClassVar = "KD685"
    title: ClassVar = "{left} example(s) of each epoch sit out, to give {world} ranks equal rows"
    help: ClassVar = "choose a batch that leaves a remainder divisible by {world} to use them all"
    severity: ClassVar = "warning"

    left: int
    world: int
