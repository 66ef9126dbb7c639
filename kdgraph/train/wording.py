"""A run in words and lines: what progress says, as text that a test can read."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kdgraph.data.images import Split
from kdgraph.lang.setting import Setting
from kdgraph.train.events import Begun, Condensed, Evaluated, Finished, Logged, Stopped

TERM_WIDTH = 24
TENTHS = 10
"""seconds below which a clock shows tenths"""


def picture(
    begun: Begun, logged: Logged | None, evaluated: Evaluated | None, left: float | None
) -> RenderableType:
    """A bar, then every term with its weight, then the test accuracy."""
    done = 0.0 if logged is None else logged.at.epoch - 1 + logged.within
    epoch = begun.at.epoch if logged is None else logged.at.epoch
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(no_wrap=True, max_width=20)
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True, justify="right")
    bar.add_row(
        Text(begun.name, style="bold"),
        Text(f"{epoch}/{begun.epochs}"),
        ProgressBar(total=begun.epochs, completed=done),
        Text("the first steps" if logged is None else _pace(logged, left)),
    )
    lines: list[RenderableType] = [bar]
    if logged is not None:
        lines += [Text(_loss(logged)), Columns(_terms(logged), padding=(0, 3))]
    if begun.lengths:
        lines.append(Text(f"trains on {_share(begun.lengths[epoch - 1], begun.lengths[0])}"))
    if evaluated is not None and "accuracy" in evaluated.result.measures:
        lines.append(Text(f"test {_test(evaluated)}", style="green"))
    return Group(*lines)


def _pace(logged: Logged, left: float | None) -> str:
    """How fast it goes, and how long it will go on."""
    rest = "" if left is None else f"  ETA {clock(left)}"
    return f"{count(logged.speed)} img/s{rest}"


def _loss(logged: Logged) -> str:
    return f"total {logged.total:.4g}   lr {logged.lr:.3g}"


def _terms(logged: Logged) -> list[Text]:
    """Each term as `name value ×weight`, in one piece."""
    shown = (weighted(name, value, logged.weights) for name, value in logged.terms.items())
    return [Text(one, no_wrap=True, overflow="ellipsis") for one in shown]


def weighted(name: str, value: float, weights: Mapping[str, float]) -> str:
    """A term with its weight, by a name of bearable length: long ones differ at their ends."""
    half = TERM_WIDTH // 2
    short = name
    if cell_len(name) > TERM_WIDTH:
        short = f"{set_cell_size(name, half - 1)}…{set_cell_size(name[::-1], half)[::-1]}"
    return f"{short} {value:.4g} ×{weights.get(name, 1.0):.3g}"


def epoch_line(begun: Begun, event: Evaluated) -> str:
    """An epoch as plain text: place, loss, accuracy, pace."""
    result = event.result
    width = len(str(begun.epochs))
    parts = [f"{begun.name} {result.epoch:>{width}}/{begun.epochs}", f"loss {result.total:.4g}"]
    if "accuracy" in result.measures:
        parts.append(_test(event))
    return "  ".join([*parts, f"{count(result.speed)} img/s"])


def condensed(begun: Begun, event: Condensed) -> str:
    """A round of condensing as plain text."""
    done = event.round
    parts = [f"{begun.name}: condensed to {_share(done.kept, done.examples)}"]
    parts += [f"{done.mixed} mixed"] if done.mixed else []
    parts += [f"{done.returned} are back"] if done.returned else []
    return ", ".join(parts)


def effort(begun: Begun, epoch: int, within: float) -> float:
    """How much of a stage is done in this epoch: images, or epochs where all have the same.

    >>> from kdgraph.train.events import Moment
    >>> at = Moment(stage=1, epoch=1, step=0)
    >>> stage = Begun(at=at, name="student", epochs=3, steps=8, lengths=(80, 60, 40))
    >>> effort(stage, 2, 0.5), effort(stage, 3, 1.0)
    (110.0, 180.0)
    """
    lengths = begun.lengths or (1,) * begun.epochs
    return sum(lengths[: epoch - 1]) + within * lengths[epoch - 1]


def finished(event: Finished) -> str:
    """The stage in a line, with the recipe's own metrics at its end."""
    words = f"{event.name}: {event.last.epoch} epochs in {clock(event.seconds)}"
    if "accuracy" in event.last.measures:
        words += (
            f", last {percent(event.last.measures['accuracy'])},"
            f" best {percent(event.best.measures['accuracy'])} in epoch {event.best.epoch}"
        )
    own = (
        f"{name} {value:.4g}"
        for name, value in event.last.measures.items()
        if name.rpartition(".")[2] != "accuracy"
    )
    return "; ".join([words, *own])


def stopped(event: Stopped, resume: str) -> str:
    """How to go on."""
    return f"stopped after step {event.at.step}; go on with\n  {resume}"


def percent(share: float) -> str:
    """An accuracy as people write it.

    >>> percent(0.98765)
    '98.8 %'
    """
    return f"{100 * share:.1f} %"


def count(number: float) -> str:
    """A number short enough for a line.

    >>> [count(812.3), count(12_345), count(3.2e6)]
    ['812', '12.3k', '3.2M']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"


def clock(seconds: float) -> str:
    """A duration as a clock shows it.

    >>> [clock(3.21), clock(75), clock(3_725)]
    ['3.2 s', '1:15', '1:02:05']
    """
    if seconds < TENTHS:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def data_words(setting: Setting, split: Split) -> str:
    """The data in a line."""
    train, test = split.train, split.test
    size = "×".join(map(str, train.size))
    return (
        f"data: {setting.data.name}, {len(train)} training and {len(test)} test images of {size}, "
        f"{len(train.names)} classes"
    )


def _share(some: int, of: int) -> str:
    return f"{some} of {of} images ({percent(some / of)})"


def _test(event: Evaluated) -> str:
    now, best = event.result, event.best
    others = [
        f", {name.removesuffix('.accuracy')} {percent(share)}"
        for name, share in now.measures.items()
        if name.endswith(".accuracy")
    ]
    return (
        f"{percent(now.measures['accuracy'])}"
        f" (best {percent(best.measures['accuracy'])} in epoch {best.epoch}){''.join(others)}"
    )
