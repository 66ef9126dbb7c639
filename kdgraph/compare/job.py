"""One recipe with one seed, as a process of its own does it; what it is told, and what it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Job:
    """A run that is to be done, in words that another process understands.

    Attributes:
        title: for people, such as `kd, seed 0`.
        ground: the seed of teachers and groundwork.
        folder: of the run.
        shares: what it trains for all, unless another run has.
        plugins: files that add words.
    """

    title: str
    recipe: str
    on: str
    values: Mapping[str, str]
    seed: int
    ground: int
    folder: str
    shares: frozenset[str] = frozenset()
    compile: bool | None = None
    save_every: float = 300.0
    plugins: tuple[str, ...] = ()

    def words(self, device: str) -> str:
        """The order to do it there, as one line."""
        told = {name: value for name, value in asdict(self).items() if name != "shares"}
        return json.dumps({**told, "device": device})


@dataclass(frozen=True)
class Tick:
    """How far a stage has come.

    Attributes:
        name: of what is trained: a teacher, a groundwork, a stage.
        own: whether it is trained for this run alone; what is shared is there then.
        epoch: the one that goes on, counted from 1.
        done: of all epochs.
        accuracy: on the test set, after the last epoch that ended.
        speed: images a second.
    """

    name: str
    own: bool
    epoch: int
    epochs: int
    done: float
    accuracy: float | None = None
    speed: float = 0.0
    ended: bool = False


@dataclass(frozen=True)
class Said:
    """A line for a person."""

    words: str


@dataclass(frozen=True)
class Failed:
    """The run cannot be done."""

    headline: str
    text: str = field(repr=False, default="")


Told = Tick | Said | Failed
_KINDS: dict[str, type[Any]] = {one.__name__: one for one in (Tick, Said, Failed)}


def line(told: Told) -> str:
    """A message as one line."""
    return json.dumps({"kind": type(told).__name__, **asdict(told)}) + "\n"


def read(words: str) -> Told:
    """A message from its line.

    >>> read(line(Said("waiting")))
    Said(words='waiting')
    """
    whole = json.loads(words)
    made: Told = _KINDS[whole.pop("kind")](**whole)
    return made
