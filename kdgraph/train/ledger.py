"""Fetched values become journal entries and the means of an epoch, or the end of the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.run import NonFinite
from kdgraph.lang.protocol import Training
from kdgraph.train import optimise
from kdgraph.train.events import EpochResult, Listener, Logged, Moment, tell
from kdgraph.train.manifest import Place, Tally
from kdgraph.train.record import Recorder, mean

TOTAL = ""


@dataclass
class Ledger:
    """What the steps of a stage have cost, up to the last fetch.

    Everything a journal says is made of rows in the order of steps, never of the moments at
    which they were fetched: a resumed run writes the entries that an uninterrupted one writes.

    Args:
        stage: counted from 1.
        training: the protocol in numbers.
        recorder: holds the rows that are still on the device.
        listeners: who is told.
        every: steps between two entries.
    """

    stage: int
    training: Training
    recorder: Recorder
    listeners: tuple[Listener, ...]
    every: int
    since: tuple[float, int] = field(default=(0.0, 0))

    def start(self, place: Place) -> None:
        """Count images a second from here."""
        self.since = time.perf_counter(), place.step

    def fetch(self, place: Place, steps: int, votes: Sequence[bool] = ()) -> list[bool]:
        """Bring the rows to the host, and what the ranks vote.

        Raises:
            RecipeError: a loss, a gradient or what was kept of a step was not finite;
                `NonFinite` says which.
        """
        rows, decisions = self.recorder.fetch(votes)
        for step, row in enumerate(rows, start=place.step - len(rows)):
            if not row.is_finite:
                term = row.culprit if not row.loss_is_finite else self._spoilt()
                raise RecipeError(NonFinite(term=term, epoch=place.epoch, step=step))
            place.window.append(row)
            for name, value in ((TOTAL, row.total), *row.terms.items()):
                place.sums[name] = place.sums.get(name, Tally()) + value
            if (step + 1) % self.every == 0:
                self._log(place, step + 1, steps)
        if not self.recorder.whole:
            step = place.step - 1
            raise RecipeError(NonFinite(term=self._spoilt(), epoch=place.epoch, step=step))
        return decisions

    def _spoilt(self) -> str:
        return self.recorder.watch.culprit() or "a tensor of another rank"

    def close(self, place: Place, steps: int, images: int) -> EpochResult:
        """The epoch in numbers, before anything is measured; its sums begin anew."""
        sums, seconds = place.sums, place.epoch_seconds
        place.sums, place.epoch_seconds = {}, 0.0
        return EpochResult(
            epoch=place.epoch,
            step=place.step,
            total=sums[TOTAL].mean,
            terms={name: tally.mean for name, tally in sums.items() if name != TOTAL},
            lr=self._lr(place.epoch, steps - 1, steps),
            seconds=seconds,
            speed=images / max(seconds, 1e-9),
        )

    def _log(self, place: Place, step: int, steps: int) -> None:
        now, middle = time.perf_counter(), mean(place.window)
        before, done = self.since
        batch = place.batch - (place.step - step)
        entry = Logged(
            at=Moment(stage=self.stage, epoch=place.epoch, step=step),
            within=batch / steps,
            total=middle.total,
            terms=middle.terms,
            weights=middle.weights,
            gradient=middle.gradient,
            lr=self._lr(place.epoch, batch - 1, steps),
            speed=(step - done) * self.training.batch / max(now - before, 1e-9),
        )
        place.window, self.since = [], (now, step)
        tell(self.listeners, entry)

    def _lr(self, epoch: int, batch: int, steps: int) -> float:
        return self.training.lr * optimise.rate(self.training, epoch, batch, steps)
