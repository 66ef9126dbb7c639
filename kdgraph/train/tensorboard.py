"""The journal's numbers as TensorBoard curves, where TensorBoard is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kdgraph.train.events import Begun, Evaluated, Event, Finished, Logged, Stopped

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def is_installed() -> bool:
    """Whether event files can be written."""
    return find_spec("tensorboard") is not None


@dataclass
class Curves:
    """A listener that draws; one folder of event files for each stage.

    A resumed stage tells TensorBoard to forget what came after the checkpoint.
    """

    folder: Path
    writer: SummaryWriter | None = field(default=None, init=False)

    def __call__(self, event: Event) -> None:
        """Add the event's points."""
        match event:
            case Begun():
                self._open(event)
            case Logged():
                step = event.at.step
                self._draw("step", {"total": event.total, "gradient": event.gradient}, step)
                self._draw("term", event.terms, step)
                self._draw("weight", event.weights, step)
                self._draw("speed", {"lr": event.lr, "images a second": event.speed}, step)
            case Evaluated():
                self._draw("test", event.result.measures, event.at.step)
            case Finished() | Stopped():
                self._close()
            case _:
                pass

    def _open(self, event: Begun) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._close()
        purge = event.at.step + 1 if event.resumed else None
        self.writer = SummaryWriter(self.folder / str(event.at.stage), purge_step=purge)

    def _draw(self, family: str, values: Mapping[str, float], step: int) -> None:
        if self.writer is not None:
            for name, value in values.items():
                self.writer.add_scalar(f"{family}/{name}", value, step)

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.writer = None
