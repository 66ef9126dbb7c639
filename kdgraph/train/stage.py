"""What a trained stage gives back."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.train.events import EpochResult


@dataclass(frozen=True)
class StageResult:
    """How a stage went: its last epoch, its best one, all of them, and the seconds it took."""

    last: EpochResult
    best: EpochResult
    history: tuple[EpochResult, ...]
    seconds: float
