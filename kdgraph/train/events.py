"""What happens in a run, as values: the engine tells, journal and progress listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kdgraph.lang.diagnostics import Diagnostic


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where a run stands: epochs count from 1, steps are those done in this stage."""

    stage: int
    epoch: int
    step: int


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A stage begins, or goes on where a checkpoint left it."""

    at: Moment
    name: str
    epochs: int
    steps: int
    resumed: bool = False
    within: float = 0.0
    """share of this epoch's steps that are done"""
    lengths: tuple[int, ...] = ()
    """examples of each epoch, where they change from one to another"""


@dataclass(frozen=True, kw_only=True)
class Logged:
    """Means over the steps since the last such event, fetched from the device at once."""

    at: Moment
    within: float
    """share of this epoch's steps that are done"""
    total: float
    terms: Mapping[str, float]
    weights: Mapping[str, float]
    gradient: float
    lr: float
    speed: float
    """images a second"""


@dataclass(frozen=True, kw_only=True)
class EpochResult:
    """An epoch in numbers: means over its steps, then what was measured on the test set."""

    epoch: int
    step: int
    total: float
    terms: Mapping[str, float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    lr: float = 0.0
    seconds: float = 0.0
    speed: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """An epoch has ended."""

    at: Moment
    result: EpochResult
    best: EpochResult


@dataclass(frozen=True, kw_only=True)
class Round:
    """The training set was condensed.

    Attributes:
        number: of the round, counted from 1.
        examples: of the data set.
        kept: examples of the epochs that follow.
        left: examples that are there no longer.
        returned: examples that were left out before.
        mixed: images that were mixed.
        low: the least score, of all examples that have one.
        high: the greatest.
        inside: in equal parts from `low` to `high`, how many are kept.
        outside: and how many are not.
    """

    number: int
    examples: int
    kept: int
    left: int
    returned: int
    mixed: int
    low: float
    high: float
    inside: tuple[int, ...]
    outside: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Condensed:
    """A round of condensing has followed an epoch."""

    at: Moment
    round: Round


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A checkpoint has been written."""

    at: Moment
    path: Path


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """The run was asked to stop, has written a checkpoint and ends here."""

    at: Moment
    path: Path


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A stage has done all its epochs."""

    at: Moment
    name: str
    last: EpochResult
    best: EpochResult
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Warned:
    """Something the user should know, which does not stop the run."""

    diagnostic: Diagnostic


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A trained network has been measured beside its teachers: `data` is `train` or `test`."""

    name: str
    data: str
    measures: Mapping[str, float]


Event = Begun | Logged | Evaluated | Condensed | Saved | Stopped | Finished | Warned | Compared
Listener = Callable[[Event], None]


def tell(listeners: tuple[Listener, ...], event: Event) -> None:
    """Tell every listener, in order."""
    for listener in listeners:
        listener(event)
