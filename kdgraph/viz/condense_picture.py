"""How a training set was condensed, as one SVG: the share that is kept, and each round's scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kdgraph.viz.escaped import escaped
from kdgraph.viz.marks import number, text
from kdgraph.viz.palette import FADED, INK, LINE, LOOKS, PAPER
from kdgraph.viz.svg import FONTS

WIDTH, MARGIN, LEFT = 720.0, 24.0, 150.0
HEAD, SHARE, ROW, GAP, FOOT = 82.0, 130.0, 46.0, 14.0, 64.0
MOST = 12
"""rounds that are drawn; of more, some evenly spread"""
SMALL = 11.0
KEPT, OUT = LOOKS["model"].stroke, "#ced4da"
TICKS = 5


@dataclass(frozen=True)
class RoundDrawn:
    """A round, as far as it is drawn; the words are those of the journal.

    Attributes:
        inside: in equal parts from `low` to `high`, how many of the kept examples score there.
        outside: the same of those that are left out.
    """

    epoch: int
    number: int
    examples: int
    kept: int
    low: float
    high: float
    inside: tuple[int, ...]
    outside: tuple[int, ...]

    @property
    def share(self) -> float:
        """Of all examples, those that are kept."""
        return self.kept / self.examples


def condense_svg(rounds: Sequence[RoundDrawn], *, name: str, epochs: int) -> str:
    """The drawing.

    Args:
        rounds: at least one, in their order.
        name: of the run.
        epochs: of the stage.
    """
    shown = _spread(rounds)
    height = HEAD + SHARE + GAP + 30 + len(shown) * (ROW + GAP) + FOOT
    last = rounds[-1]
    title = f"{name}: the training set, condensed"
    words = f"{last.examples} images, {last.kept} after {len(rounds)} rounds"
    size = f'width="{number(WIDTH)}" height="{number(height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}',
        f' viewBox="0 0 {number(WIDTH)} {number(height)}" font-family="{FONTS}"',
        f' role="img" aria-label="{escaped(title)}">',
        f"<title>{escaped(title)}</title>",
        f'<rect {size} fill="{PAPER}"/>',
        text(title, (MARGIN, MARGIN + 8), 18, INK, bold=True),
        text(words, (MARGIN, MARGIN + 30), 12, FADED),
        *_shares(rounds, epochs, MARGIN + HEAD),
        *_histograms(shown, MARGIN + HEAD + SHARE + GAP + 30),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _spread(rounds: Sequence[RoundDrawn]) -> list[RoundDrawn]:
    if len(rounds) <= MOST:
        return list(rounds)
    places = {round(k * (len(rounds) - 1) / (MOST - 1)) for k in range(MOST)}
    return [rounds[place] for place in sorted(places)]


def _shares(rounds: Sequence[RoundDrawn], epochs: int, top: float) -> Iterator[str]:
    """The share of the images that an epoch has, as steps over the epochs."""
    wide, bottom = WIDTH - MARGIN - LEFT, top + SHARE - 30

    def x(epoch: float) -> float:
        return LEFT + wide * epoch / epochs

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    yield text("images of an epoch", (MARGIN, top - 18), 12, INK, bold=True)
    for share in (0.0, 0.5, 1.0):
        yield f'<path d="M{number(LEFT)} {number(y(share))}h{number(wide)}" stroke="#e9ecef"/>'
        yield _right(_percent(share, 0), LEFT - 8, y(share))
    path, now = f"M{number(x(0))} {number(y(1))}", 1.0
    for one in rounds:
        path += f"H{number(x(one.epoch))}V{number(y(one.share))}"
        now = one.share
    path += f"H{number(x(epochs))}"
    under = f"{path}V{number(bottom)}H{number(x(0))}z"
    yield f'<path class="area" d="{under}" fill="{LOOKS["model"].fill}"/>'
    yield f'<path class="share" d="{path}" fill="none" stroke="{KEPT}" stroke-width="2"/>'
    yield _right(_percent(now), WIDTH - MARGIN, y(now) + 10, INK)
    for epoch in _ticks(epochs):
        yield _middle(f"{epoch}", x(epoch), bottom + 14)
    yield _right("after epoch", LEFT - 8, bottom + 14)


def _histograms(rounds: Sequence[RoundDrawn], top: float) -> Iterator[str]:
    """The scores of each round on one axis: kept examples, and on top of them those left out."""
    low, high = min(0.0, *(one.low for one in rounds)), max(one.high for one in rounds)
    span = (high - low) or 1.0
    wide = WIDTH - MARGIN - LEFT

    def x(score: float) -> float:
        return LEFT + wide * (score - low) / span

    yield text("score of each image", (MARGIN, top - 16), 12, INK, bold=True)
    for place, one in enumerate(rounds):
        base = top + place * (ROW + GAP) + ROW
        yield text(f"round {one.number}", (MARGIN, base - 22), 12, INK)
        words = f"epoch {one.epoch}, {_percent(one.share)}"
        yield text(words, (MARGIN, base - 8), SMALL, FADED)
        yield from _bars(one, x, base)
        yield f'<path d="M{number(LEFT)} {number(base)}h{number(wide)}" stroke="{LINE}"/>'
    end = top + len(rounds) * (ROW + GAP)
    for step in range(TICKS):
        score = low + span * step / (TICKS - 1)
        yield _middle(f"{score:.2f}", x(score), end + 2)
    for at, ink, said in ((LEFT, KEPT, "kept"), (LEFT + 80, OUT, "left out")):
        yield f'<rect x="{number(at)}" y="{number(end + 20)}" width="14" height="10" fill="{ink}"/>'
        yield text(said, (at + 20, end + 25), SMALL, FADED)


def _bars(one: RoundDrawn, x: Callable[[float], float], base: float) -> Iterator[str]:
    tallest = max((a + b for a, b in zip(one.inside, one.outside, strict=True)), default=0)
    if not tallest:
        return
    step = (one.high - one.low) / len(one.inside)
    for place, counts in enumerate(zip(one.inside, one.outside, strict=True)):
        left, right = x(one.low + place * step), x(one.low + (place + 1) * step)
        foot = base
        for count, ink in zip(counts, (KEPT, OUT), strict=True):
            height = ROW * count / tallest
            if count:
                yield (
                    f'<rect x="{number(left)}" y="{number(foot - height)}"'
                    f' width="{number(max(1.0, right - left - 0.8))}" height="{number(height)}"'
                    f' fill="{ink}"/>'
                )
            foot -= height


def _ticks(epochs: int) -> list[int]:
    step = max(1, round(epochs / 6))
    return [*range(0, epochs - step // 2, step), epochs]


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _middle(words: str, x: float, y: float) -> str:
    return f'<g text-anchor="middle">{text(words, (x, y), SMALL, FADED)}</g>'


def _right(words: str, x: float, y: float, fill: str = FADED) -> str:
    return f'<g text-anchor="end">{text(words, (x, y), SMALL, fill)}</g>'
