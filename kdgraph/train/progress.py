"""What a person sees while a run goes on: a live line on a terminal, else a line an epoch."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from kdgraph.lang.diagnostics import WIDTH, render
from kdgraph.train.events import (
    Begun,
    Condensed,
    Evaluated,
    Event,
    Finished,
    Logged,
    Stopped,
    Warned,
)
from kdgraph.train.wording import condensed, effort, epoch_line, finished, picture, stopped


@dataclass
class Progress:
    """A listener that draws.

    Args:
        console: where; a terminal gets one live block of two or three lines.
        resume: the command that goes on after Ctrl-C, as a person can paste it.
        quiet: say nothing but warnings and how to go on.
    """

    console: Console
    resume: str
    quiet: bool = False
    begun: Begun | None = field(default=None, init=False)
    logged: Logged | None = field(default=None, init=False)
    evaluated: Evaluated | None = field(default=None, init=False)
    started: tuple[float, float] = field(default=(0.0, 0.0), init=False)
    live: Live | None = field(default=None, init=False)

    def __call__(self, event: Event) -> None:
        """Show the event."""
        match event:
            case Begun():
                self._begin(event)
            case Logged():
                self.logged = event
                self._draw()
            case Evaluated():
                self.evaluated = event
                self._say_epoch(event)
                self._draw()
            case Condensed():
                if self.live is None and self.begun is not None:
                    self._say(condensed(self.begun, event))
            case Finished():
                self.close()
                self._say(finished(event))
            case Stopped():
                self.close()
                self.console.print(stopped(event, self.resume), soft_wrap=True)
            case Warned():
                words = Text(render(event.diagnostic, self._width()), style="yellow")
                self.console.print(words, soft_wrap=True)
            case _:
                pass

    def _width(self) -> int:
        """Columns of a message; the usual number where no terminal says otherwise."""
        return self.console.width if self.console.is_terminal else WIDTH

    def _begin(self, event: Begun) -> None:
        self.close()
        self.begun, self.logged, self.evaluated = event, None, None
        self.started = time.perf_counter(), effort(event, event.at.epoch, event.within)
        if event.resumed:
            self._say(Text(f"{event.name}: goes on after step {event.at.step}"))
        if self.console.is_terminal and not self.quiet:
            self.live = Live(console=self.console, transient=True, refresh_per_second=8)
            self.live.start()
            self._draw()

    def _say_epoch(self, event: Evaluated) -> None:
        """One line an epoch, where nothing live can be drawn."""
        if self.live is None and self.begun is not None:
            self._say(epoch_line(self.begun, event))

    def _say(self, line: RenderableType) -> None:
        if not self.quiet:
            self.console.print(line, soft_wrap=True)

    def _draw(self) -> None:
        if self.live is not None and self.begun is not None:
            self.live.update(picture(self.begun, self.logged, self.evaluated, self._left()))

    def _left(self) -> float | None:
        """Seconds that the rest of the stage will take, at the speed since it began."""
        if self.begun is None or self.logged is None:
            return None
        done = effort(self.begun, self.logged.at.epoch, self.logged.within)
        rest = effort(self.begun, self.begun.epochs, 1.0) - done
        began, before = self.started
        gone = time.perf_counter() - began
        return rest * gone / (done - before) if done > before else None

    def close(self) -> None:
        """Give the terminal back, also where a run ends with a mistake."""
        if self.live is not None:
            self.live.stop()
            self.live = None
