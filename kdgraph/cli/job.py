"""One run of a comparison, as a process of its own: told what to do, telling how it goes.

The order comes as a line of JSON, and messages go out as lines; what else is printed goes where
errors go. When nobody listens any more, the next message ends the process.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from kdgraph.compare.job import Failed, Job, Said, Tick, Told, line
from kdgraph.lang.diagnostics import RecipeError, render
from kdgraph.lang.errors.system import refusal

if TYPE_CHECKING:
    from kdgraph.train.events import Event


@dataclass
class Wire:
    """Sends messages; as a listener, what a person wants to know of an event.

    Attributes:
        own: whether what is trained is for this run alone.
    """

    out: TextIO
    own: bool = True
    tick: Tick | None = field(default=None, init=False)

    def send(self, told: Told) -> None:
        """One message."""
        self.out.write(line(told))
        self.out.flush()

    def say(self, words: str) -> None:
        """A line for a person."""
        self.send(Said(words))

    def __call__(self, event: Event) -> None:
        """Tell how far a stage has come."""
        from kdgraph.train.events import Begun, Evaluated, Logged, Warned

        match event:
            case Begun():
                if event.resumed:
                    self.say(f"{event.name}: goes on after step {event.at.step}")
                self.tick = _tick(event.name, self.own, event.at.epoch, event.epochs, event.within)
            case Logged() if self.tick:
                one = self.tick
                self.tick = _tick(
                    one.name, one.own, event.at.epoch, one.epochs, event.within,
                    one.accuracy, event.speed,
                )  # fmt: skip
            case Evaluated() if self.tick:
                one, result = self.tick, event.result
                self.tick = _tick(
                    one.name, one.own, result.epoch, one.epochs, 1.0,
                    result.measures.get("accuracy"), result.speed, ended=True,
                )  # fmt: skip
            case Warned():
                self.say(render(event.diagnostic))
                return
            case _:
                return
        if self.tick:
            self.send(self.tick)


def _tick(
    name: str, own: bool, epoch: int, epochs: int, within: float,  # noqa: FBT001 - of an event
    accuracy: float | None = None, speed: float = 0.0, *, ended: bool = False,
) -> Tick:  # fmt: skip
    done = min(1.0, (epoch - 1 + within) / max(1, epochs))
    return Tick(name, own, epoch, epochs, done, accuracy, speed, ended)


def work(order: dict[str, object], out: TextIO) -> int:
    """Do a run, or go on with it; the exit code."""
    device = str(order.pop("device"))
    job = Job(**{**order, "plugins": tuple(order["plugins"])})  # type: ignore[arg-type]  # from JSON
    wire = Wire(out)
    try:
        _run(job, device, wire)
    except RecipeError as error:
        wire.send(Failed(error.diagnostics[0].headline, error.told()))
        return 1
    except OSError as error:
        told = refusal(error)
        if told is None:
            raise
        wire.send(Failed(told.headline, render(told)))
        return 1
    return 0


def _run(job: Job, device: str, wire: Wire) -> None:
    from kdgraph.cli.plugins import load_plugins
    from kdgraph.cli.run_drawing import draw
    from kdgraph.experiment import examine
    from kdgraph.train import distributed, rundir
    from kdgraph.train.method import Place
    from kdgraph.train.request import Request
    from kdgraph.train.run import Run

    load_plugins([Path(one) for one in job.plugins])
    folder = rundir.RunDir(Path(job.folder))
    with distributed.join(device) as (world, place), rundir.held(folder):
        Run(
            request=Request(
                job.recipe, job.on, job.values, job.seed, baseline=False, ground=job.ground
            ),
            folder=folder,
            place=Place(
                device=place,
                world=world,
                compile=place.type == "cuda" if job.compile is None else job.compile,
                resume=True,
                save_every=job.save_every,
            ),
            say=wire.say,
            listen=lambda name: (Wire(wire.out, own=not name),),
        ).run()
        draw(examine(job.recipe, job.on, job.values), folder)


def main() -> None:
    """Read the order, keep the line out for messages alone, and work."""
    order = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.exit(work(order, out))
