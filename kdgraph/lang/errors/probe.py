"""Mistakes about what is probed: KD695 and KD696."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NothingToProbe(Diagnostic):
    """The folder holds no trained student that kdgraph has written.

    `kdgraph probe` takes the folder of a run that is finished, where `student.safetensors` lies,
    or one with a folder `seed-0`, `seed-1`, … for each seed:

        kdgraph run icd
        kdgraph probe runs/icd --on cifar10
    """

    code: ClassVar = "KD695"
    title: ClassVar = "`{folder}` holds no trained student: {reason}"
    help: ClassVar = "name the folder of a finished run, such as `runs/icd`"

    folder: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NoFeatures(Diagnostic):
    """The network has no place that is known to hold its features.

    A probe learns a linear classifier on `features`, the vector that the network's own classifier
    sees. It is found where the last linear layer is given its input; another place is declared
    with `@kdgraph.network(aliases={"features": "pool"})`.
    """

    code: ClassVar = "KD696"
    title: ClassVar = "`{network}` has no `features` to probe"
    help: ClassVar = 'declare them with `@kdgraph.network(aliases={{"features": …}})`'

    network: str
