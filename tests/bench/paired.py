"""Two things timed by turns, so that a busy machine slows both alike."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Run = Callable[[], object]
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}
DRAWS = 2000


@dataclass(frozen=True)
class Paired:
    """What rounds of two things told: seconds for one run of each, and their ratio.

    Attributes:
        ours: the median of the rounds.
        theirs: likewise.
        ratio: the median of the rounds' ratios, ours over theirs.
        low: where the middle 95 % of the ratio's bootstrap begin.
        high: where they end.
        rounds: how many there were.
    """

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float
    rounds: int

    def __str__(self) -> str:
        """As a row of a table has it."""
        ratio = f"{self.ratio:5.3f} [{self.low:.3f}, {self.high:.3f}]"
        return f"{1000 * self.ours:8.2f} ms {1000 * self.theirs:8.2f} ms   {ratio}"


def paired(
    ours: Run,
    theirs: Run,
    *,
    rounds: int = 30,
    runs: int = 6,
    warm: int = 3,
    clock: Clock = time.perf_counter,
) -> Paired:
    """Run both by turns and compare each round with itself.

    Within a round the runs alternate one by one, in the order a b b a, so that neither gains by
    coming first.

    Args:
        ours: the one that is judged.
        theirs: what it is judged against.
        rounds: how many ratios there are.
        runs: of each in a round; an even number.
        warm: of each, before anything is timed.
        clock: seconds; `time.process_time` counts those of a processor, so that others who are
            busy on the machine do not show.
    """
    for _ in range(warm):
        ours()
        theirs()
    seconds = [_round(ours, theirs, runs, clock) for _ in range(rounds)]
    ratios = [a / b for a, b in seconds]
    low, high = interval(ratios)
    return Paired(
        ours=statistics.median(a for a, _ in seconds),
        theirs=statistics.median(b for _, b in seconds),
        ratio=statistics.median(ratios),
        low=low,
        high=high,
        rounds=rounds,
    )


def _round(ours: Run, theirs: Run, runs: int, clock: Clock) -> tuple[float, float]:
    spent = {True: 0.0, False: 0.0}
    for turn in range(runs):
        for mine in (True, False) if turn % 2 == 0 else (False, True):
            run = ours if mine else theirs
            begun = clock()
            run()
            spent[mine] += clock() - begun
    return spent[True] / runs, spent[False] / runs


def interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """Where the median of such values lies: the middle 95 % of its bootstrap."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    return medians[int(0.025 * DRAWS)], medians[int(0.975 * DRAWS) - 1]
