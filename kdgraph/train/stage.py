"""What the engine asks of a compiled step, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from kdgraph.train.events import EpochResult


class Outcome(Protocol):
    """What one call of a step gives: values on the device, not fetched."""

    @property
    def total(self) -> Tensor:
        """The loss to descend, 0-d."""

    @property
    def terms(self) -> Mapping[str, Tensor]:
        """Each term before its weight, 0-d."""

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """Each term's weight, 0-d."""


class Step(Protocol):
    """A compiled stage of a recipe; an `nn.Module` with a clock and a memory."""

    models: Mapping[str, nn.Module]

    def __call__(self, views: Mapping[str, Tensor], y: Tensor, i: Tensor) -> Outcome:
        """The loss of a batch. Reads memory, stages what is to be written."""

    def clock(self, *, epoch: int, epochs: int, step: int) -> None:
        """Set what schedules read."""

    def commit(self, finite: Tensor | None = None) -> None:
        """Apply the staged writes, or on the device none of them where `finite` is false."""

    def trained(self) -> list[tuple[str, str, nn.Parameter]]:
        """Part, name and parameter of everything this stage trains."""

    def train(self, mode: bool = True) -> Any:
        """Training mode for what is trained, evaluation mode for the rest."""

    def state_dict(self) -> dict[str, Tensor]:
        """Everything a resumed run needs: weights, learned scalars, memory."""

    def load_state_dict(self, state: Mapping[str, Tensor]) -> Any:
        """Put that back."""

    def modules(self) -> Iterator[nn.Module]:
        """As of any module."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: its last epoch, its best one, all of them, and the seconds it took."""

    last: EpochResult
    best: EpochResult
    history: tuple[EpochResult, ...]
    seconds: float
