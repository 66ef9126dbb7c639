"""Mistakes about networks that a run has trained: KD621, KD695 and KD696."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class NothingToProbe(Diagnostic):
    """The folder holds no trained network of this name that kdgraph has written.

    `kdgraph probe` takes the folder of a run that is finished, where `student.safetensors` lies,
    or one with a folder `seed-0`, `seed-1`, … for each seed:

        kdgraph run icd
        kdgraph probe runs/icd --on cifar10

    So does `kdgraph.student("runs/icd")` in Python, one seed at a time; `name="peer"` is another
    network that the recipe trains.
    """

    code: ClassVar = "KD695"
    title: ClassVar = "`{folder}` holds no trained {model}: {reason}"
    help: ClassVar = "name the folder of a finished run, such as `runs/icd`"

    folder: str
    reason: str
    model: str = "student"


@dataclass(frozen=True, kw_only=True)
class NetworkOfPlugin(Diagnostic):
    """A trained network is of a kind that nobody has declared in this process.

    The file has its weights and its name, not its code. A network of your own is known once the
    Python file is imported in which `@kdgraph.network` stands, and on the command line with
    `--plugin`.
    """

    code: ClassVar = "KD621"
    title: ClassVar = "`{path}` is of a network `{network}`, which is not known here"
    help: ClassVar = (
        "import the file that declares it with `@kdgraph.network` first, or give it as `--plugin`"
    )

    network: str
    path: str


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
