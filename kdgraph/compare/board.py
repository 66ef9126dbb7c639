"""How several runs go, for a person: one line each while they go on, one when they end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.cells import set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kdgraph.compare.job import Failed, Job, Said, Tick, Told
from kdgraph.train.wording import clock, count, percent

TENTHS = 10
"""of the epochs: how often a run says how it goes where nothing live can be drawn"""
TITLE = 24


@dataclass
class Line:
    """A run that goes on."""

    title: str
    began: float = field(default_factory=time.perf_counter)
    tick: Tick | None = None
    since: tuple[float, float] = (0.0, 0.0)

    def move(self, tick: Tick) -> None:
        """It has come further."""
        if self.tick is None or self.tick.name != tick.name:
            self.since = time.perf_counter(), tick.done
        self.tick = tick

    @property
    def left(self) -> float | None:
        """Seconds that this stage will still take."""
        began, before = self.since
        if self.tick is None or self.tick.done <= before:
            return None
        gone = time.perf_counter() - began
        return (1 - self.tick.done) * gone / (self.tick.done - before)


@dataclass
class Board:
    """A watcher that draws.

    Args:
        console: where; a terminal gets one live block, a line a run.
        total: how many runs there are.
        quiet: say nothing.
    """

    console: Console
    total: int
    quiet: bool = False
    done: int = 0
    lines: dict[str, Line] = field(default_factory=dict, init=False)
    said: set[str] = field(default_factory=set, init=False)
    live: Live | None = field(default=None, init=False)

    def begin(self, job: Job) -> None:
        """A run begins."""
        self.lines[job.folder] = Line(job.title)
        if self.console.is_terminal and not self.quiet and self.live is None:
            self.live = Live(console=self.console, transient=True, refresh_per_second=8)
            self.live.start()
        self._draw()

    def hear(self, job: Job, told: Told) -> None:
        """It says something."""
        one = self.lines[job.folder]
        if isinstance(told, Said):
            if told.words not in self.said:  # all tell of the data and of the teacher
                self._say(f"{job.title}: {told.words}")
            self.said.add(told.words)
        elif isinstance(told, Tick):
            one.move(told)
            if self.live is None and told.ended and _is_tenth(told):
                self._say(f"{job.title}: {told.name} {_epoch(told)}  {_facts(told)}")
        self._draw()

    def end(self, job: Job, failed: Failed | None) -> None:
        """It is over."""
        one = self.lines.pop(job.folder)
        self.done += 1
        took = f"in {clock(time.perf_counter() - one.began)}"
        if failed is not None:
            self._say(f"{job.title}: {failed.headline}", "bold red")
        else:
            right = one.tick.accuracy if one.tick and one.tick.own else None
            found = "" if right is None else f"{percent(right)} "
            self._say(f"{job.title}: {found}{took}, {self.done} of {self.total} runs")
        self._draw()

    def close(self) -> None:
        """Give the terminal back."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _say(self, words: str, style: str = "") -> None:
        if not self.quiet:
            self.console.print(Text(words, style=style), soft_wrap=True)

    def _draw(self) -> None:
        if self.live is not None:
            self.live.update(self.picture())

    def picture(self) -> RenderableType:
        """A line for each run that goes on, and how many are done."""
        grid = Table.grid(padding=(0, 1), expand=True)
        for justify, ratio in (("left", None), ("left", None), ("left", 1), ("right", None)):
            grid.add_column(no_wrap=True, justify=justify, ratio=ratio)  # type: ignore[arg-type]  # rich's words
        for one in self.lines.values():
            tick = one.tick
            if tick is None:
                grid.add_row(Text(_short(one.title), style="bold"), "", "", Text("gets ready"))
                continue
            left = one.left
            rest = "" if left is None else f"  ETA {clock(left)}"
            grid.add_row(
                Text(_short(one.title), style="bold"),
                Text(f"{set_cell_size(tick.name, 8).strip()} {_epoch(tick)}"),
                ProgressBar(total=1.0, completed=tick.done),
                Text(f"{_facts(tick)}{rest}"),
            )
        return Group(grid, Text(f"{self.done} of {self.total} runs", style="green"))


def _short(title: str) -> str:
    return set_cell_size(title, TITLE).strip()


def _epoch(tick: Tick) -> str:
    return f"{tick.epoch:>{len(str(tick.epochs))}}/{tick.epochs}"


def _facts(tick: Tick) -> str:
    right = "" if tick.accuracy is None else f"{percent(tick.accuracy)}  "
    return f"{right}{count(tick.speed)} img/s" if tick.speed else right.strip()


def _is_tenth(tick: Tick) -> bool:
    """Whether a tenth of the epochs has ended with this one."""
    return TENTHS * tick.epoch // tick.epochs > TENTHS * (tick.epoch - 1) // tick.epochs
