"""The end of a run: teacher, student alone and student distilled, last and best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Entry:
    """A row: one accuracy for each seed, as shares.

    Args:
        name: who, such as `student, distilled`.
        model: the network's name.
        last: after the last epoch.
        best: after the best epoch.
        parameters: how many the network has.
        seconds: of training, each seed.
        images_per_second: while steps were done, each seed.
        peak_memory: bytes at the highest, each seed; of a GPU, or of the whole process.
        weights: `random` of a teacher that nobody has trained.
    """

    name: str
    model: str
    last: tuple[float, ...]
    best: tuple[float, ...] = ()
    parameters: int | None = None
    seconds: tuple[float, ...] = ()
    images_per_second: tuple[float, ...] = ()
    peak_memory: tuple[int, ...] = ()
    weights: str = ""

    @property
    def network(self) -> str:
        """The network, and whether its weights are random."""
        return f"{self.model}, {self.weights} weights" if self.weights else self.model


def mean(values: Sequence[float]) -> float:
    """The mean; nothing for no values."""
    return sum(values) / len(values) if values else math.nan


def standard_error(values: Sequence[float]) -> float:
    r"""Of the mean: $\sqrt{\sum (v - \bar v)^2 / (n - 1)} / \sqrt n$; nothing for one value."""
    n = len(values)
    if n < 2:  # noqa: PLR2004 - one value has no spread
        return math.nan
    middle = mean(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / (n - 1) / n)


def spread(values: Sequence[float]) -> str:
    """Percent, with the standard error where there are several seeds.

    >>> [spread([0.954]), spread([0.95, 0.96]), spread([])]
    ['95.40', '95.50 ± 0.50', '']
    """
    if not values:
        return ""
    middle, error = f"{100 * mean(values):.2f}", standard_error(values)
    return middle if math.isnan(error) else f"{middle} ± {100 * error:.2f}"


def table(entries: Sequence[Entry], *, title: str = "") -> Table:
    """For a terminal."""
    made = Table(title=title or None, title_justify="left", caption=_caption(entries))
    made.caption_justify = "left"
    for heading, justify in (("", "left"), ("model", "left"), ("last, %", "right")):
        made.add_column(heading, justify=justify)  # type: ignore[arg-type]  # rich's own words
    made.add_column("best, %", justify="right")
    for entry in entries:
        made.add_row(entry.name, entry.network, spread(entry.last), spread(entry.best))
    return made


def markdown(entries: Sequence[Entry], *, title: str = "") -> str:
    """For a README."""
    lines = [f"# {title}\n"] if title else []
    lines += ["| | model | last, % | best, % |", "|---|---|---:|---:|"]
    lines += [
        f"| {one.name} | {one.network} | {spread(one.last)} | {spread(one.best)} |"
        for one in entries
    ]
    caption = _caption(entries)
    return "\n".join([*lines, *([f"\n{caption}"] if caption else [])]) + "\n"


def _caption(entries: Sequence[Entry]) -> str | None:
    seeds = max((len(entry.last) for entry in entries), default=1)
    return f"mean ± standard error over {seeds} seeds" if seeds > 1 else None
