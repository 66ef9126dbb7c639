"""The loop of one stage: epochs of masked steps, fetches, evaluations and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.protocol import Training
from kdgraph.train import optimise
from kdgraph.train.checkpoint import Checkpoints
from kdgraph.train.condense import Condenser
from kdgraph.train.distributed import World
from kdgraph.train.events import (
    Begun,
    Condensed,
    EpochResult,
    Evaluated,
    Event,
    Finished,
    Listener,
    Moment,
    Saved,
    Stopped,
    Warned,
    tell,
)
from kdgraph.train.feed import Feed
from kdgraph.train.interrupt import Interrupted, Wish
from kdgraph.train.ledger import Ledger
from kdgraph.train.manifest import Place
from kdgraph.train.snapshot import Snapshot
from kdgraph.train.stage import ACCURACY, StageResult, measure_of
from kdgraph.train.update import Updater

Evaluate = Callable[[], Mapping[str, float]]
Numbers = Callable[[int], Tensor]


@dataclass
class Loop:
    """A stage in motion. `place` is how far it has come, and all that changes but tensors.

    Args:
        name: of the stage.
        stage: counted from 1.
        training: the protocol in numbers.
        update: does one step.
        feed: gives the batches.
        numbers: which examples, in which order, in an epoch.
        evaluate: measures after each epoch; the one called `accuracy` says which is best.
        ledger: what the steps have cost.
        snapshot: the tensors of a checkpoint.
        checkpoints: where they are written.
        listeners: who is told what happens.
        wish: whether to stop.
        save_every: seconds between two checkpoints within an epoch.
        models: those that `evaluate` measures, the main one first.
        condenser: the training set, where it changes from epoch to epoch.
    """

    name: str
    stage: int
    training: Training
    update: Updater
    feed: Feed
    numbers: Numbers
    evaluate: Evaluate
    ledger: Ledger
    snapshot: Snapshot
    checkpoints: Checkpoints
    listeners: tuple[Listener, ...]
    wish: Wish
    world: World
    save_every: float
    models: tuple[str, ...] = ("student",)
    condenser: Condenser | None = None
    place: Place = field(default_factory=Place)
    clock: float = 0.0
    saved_at: float = 0.0

    def run(self, *, resume: bool) -> StageResult:
        """Train to the end, from the beginning or from the newest checkpoint."""
        if not resume and self.world.leads:
            self.checkpoints.clear()
        mistakes: list[Diagnostic] = []
        resumed = resume and self._resume(mistakes)
        if self.place.epoch <= self.training.epochs:
            self._begin(resumed=resumed)
        for mistake in mistakes:
            self._tell(Warned(diagnostic=mistake))
        while self.place.epoch <= self.training.epochs:
            self._epoch()
        return self._finish()

    def _resume(self, mistakes: list[Diagnostic]) -> bool:
        found = self.checkpoints.load(mistakes.append)
        if found is None:
            return False
        self.place, tensors = found
        self.snapshot.restore(tensors)
        return True

    def _begin(self, *, resumed: bool) -> None:
        steps = self.feed.count(len(self.numbers(self.place.epoch)))
        epochs, condenser = self.training.epochs, self.condenser
        self._tell(
            Begun(
                at=self.at,
                name=self.name,
                epochs=epochs,
                steps=steps,
                resumed=resumed,
                within=self.place.batch / steps,
                lengths=condenser.how.lengths(len(condenser.pool), epochs) if condenser else (),
            )
        )
        self.ledger.start(self.place)
        self.clock = self.saved_at = time.perf_counter()

    @property
    def at(self) -> Moment:
        """Where the stage stands."""
        return Moment(stage=self.stage, epoch=self.place.epoch, step=self.place.step)

    def _epoch(self) -> None:
        place, numbers = self.place, self.numbers(self.place.epoch)
        steps = self.feed.count(len(numbers))
        self.update.step.train()
        for batch in self.feed.read(numbers, skip=place.batch):
            lr = optimise.rate(self.training, place.epoch, place.batch, steps)
            self.update(batch, epoch=place.epoch, number=place.step, lr=lr)
            place.batch += 1
            place.step += 1
            if place.batch < steps:
                self._pause(steps)
        self.ledger.fetch(place, steps)
        self._tick()
        images = min(steps * self.training.batch, len(numbers))
        self._measure(self.ledger.close(place, steps, images))
        place.epoch, place.batch = place.epoch + 1, 0
        self._save(votes=[self.wish.stop])

    def _pause(self, steps: int) -> None:
        """Between two steps: fetch when it is time, save or stop when somebody wants it.

        Several ranks must agree, so they ask one another, and only when they fetch anyway.
        """
        votes = [self.wish.stop, time.perf_counter() - self.saved_at > self.save_every]
        asked = self.world.size == 1 and any(votes)
        if not asked and self.place.step % self.ledger.every:
            return
        stop, save = self.ledger.fetch(self.place, steps, votes)
        if stop or save:
            self._tick()
            self._save(votes=[stop])

    def _measure(self, result: EpochResult) -> None:
        """The end of an epoch: measure it, compare it with the best, condense what follows."""
        place, result = self.place, replace(result, measures=dict(self.evaluate()))
        for model in self.models:
            name = measure_of(model, self.models)
            if all(_goodness(result, name) > _goodness(one, name) for one in place.history):
                self.snapshot.keep_best(model)
        place.history.append(result)
        if place.best is None or _goodness(result) > _goodness(place.best):
            place.best = result
        condensed = self.condenser.after(place.epoch) if self.condenser is not None else None
        self._tick()
        place.epoch_seconds = 0.0
        self._tell(Evaluated(at=self.at, result=result, best=place.best))
        if condensed is not None:
            self._tell(Condensed(at=self.at, round=condensed))

    def _save(self, *, votes: list[bool]) -> None:
        """Write a checkpoint, which only a fetch that found finite values may precede.

        Stop, if a rank votes for it.
        """
        path = self.checkpoints.folder
        if self.world.leads:
            path = self.checkpoints.save(self.place, self.snapshot.take())
            self._tell(Saved(at=self.at, path=path))
        _, (stop,) = self.update.recorder.fetch(votes)
        self.clock = self.saved_at = time.perf_counter()
        if stop:
            self._stop(path)

    def _stop(self, path: Path) -> None:
        self._tell(Stopped(at=self.at, path=path))
        raise Interrupted

    def _finish(self) -> StageResult:
        place = self.place
        self.snapshot.return_to_best()
        last, best = place.history[-1], place.best or place.history[-1]
        at = Moment(stage=self.stage, epoch=last.epoch, step=place.step)
        self._tell(Finished(at=at, name=self.name, last=last, best=best, seconds=place.seconds))
        return StageResult(last, best, tuple(place.history), place.seconds, self.models)

    def _tick(self) -> None:
        """Count the time since the last tick as computing."""
        now = time.perf_counter()
        self.place.seconds += now - self.clock
        self.place.epoch_seconds += now - self.clock
        self.clock = now

    def _tell(self, event: Event) -> None:
        tell(self.listeners, event)


def _goodness(result: EpochResult, measure: str = ACCURACY) -> float:
    """Greater is better; without an accuracy the newest epoch is the best."""
    return result.measures.get(measure, float(result.epoch))
