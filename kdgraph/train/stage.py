"""What a trained stage gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdgraph.train.events import EpochResult

ACCURACY = "accuracy"


@dataclass(frozen=True)
class StageResult:
    """How a stage went: its last epoch, its best one, all of them, and the seconds it took.

    Attributes:
        models: those that it trained and measured, the main one first: its measure is called
            `accuracy`, and decides which epoch is the best.
    """

    last: EpochResult
    best: EpochResult
    history: tuple[EpochResult, ...]
    seconds: float
    models: tuple[str, ...] = ("student",)

    def last_accuracy(self, model: str) -> float:
        """Of a model that this stage trained, after the last epoch."""
        return self.last.measures[measure_of(model, self.models)]

    def best_accuracy(self, model: str) -> float:
        """Of a model that this stage trained, after its own best epoch."""
        name = measure_of(model, self.models)
        return max(one.measures[name] for one in self.history)


@dataclass(frozen=True)
class Accuracy:
    """How often a model is right: after the last epoch, and after its own best one.

    Attributes:
        seconds: what its training took, where that was done once for all students.
    """

    last: float
    best: float
    seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How all stages of a recipe went, and what the models that they trained came to.

    A model's accuracies are those of the last stage that trained it.
    """

    stages: tuple[StageResult, ...]
    accuracies: Mapping[str, Accuracy]

    @property
    def seconds(self) -> float:
        """Computing in all the stages."""
        return sum(one.seconds for one in self.stages)

    @property
    def speed(self) -> float:
        """Images a second while steps were done, in all the stages."""
        epochs = [epoch for one in self.stages for epoch in one.history]
        images = sum(one.speed * one.seconds for one in epochs)
        return images / max(sum(one.seconds for one in epochs), 1e-9)


def measure_of(model: str, models: tuple[str, ...]) -> str:
    """What the accuracy of one of a stage's models is called among its measures.

    >>> [measure_of(one, ("student", "peer")) for one in ("student", "peer")]
    ['accuracy', 'peer.accuracy']
    """
    return ACCURACY if models[:1] == (model,) else f"{model}.{ACCURACY}"
