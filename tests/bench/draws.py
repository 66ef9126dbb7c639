"""Negatives against numpy's choice, row by row: `python -m tests.bench.draws`."""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np
import torch
from torch import Tensor

from kdgraph.draws.draw import Source
from kdgraph.draws.negatives import negatives
from kdgraph.draws.pool import Pool
from kdgraph.views.draw import Draw
from tests.bench.crd import CLASSES, EXAMPLES, named
from tests.bench.paired import CLOCKS, Run, paired

OTHERS = EXAMPLES - EXAMPLES // CLASSES


def ours(i: Tensor, y: Tensor, pool: Pool, k: int, **knobs: bool) -> Run:
    """The word of the language, class by class, another epoch at each call."""
    epoch = 0

    def draw() -> None:
        nonlocal epoch
        epoch += 1
        source = Source(Draw(0, "student", epoch, 7, i), pool)
        negatives(i, k, other=y, source=source, **knobs)

    return draw


def by_choice(rows: int, k: int) -> None:
    """What the data sets of the released code do, and nothing else: places without a class."""
    np.stack([np.random.choice(OTHERS, k, replace=False) for _ in range(rows)])  # noqa: NPY002


def by_generator(rows: int, k: int, draw: np.random.Generator) -> None:
    """numpy's newer way, which does not shuffle the whole range."""
    np.stack([draw.choice(OTHERS, k, replace=False, shuffle=False) for _ in range(rows)])


def main() -> None:
    """Print a row for each comparison."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--batch", type=int, default=64)
    words.add_argument("--k", type=int, default=16_384)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--clock", choices=CLOCKS, default="wall")
    given = words.parse_args()
    torch.set_num_threads(given.threads)
    data = named(given.batch)
    compare = partial(paired, rounds=given.rounds, runs=2, clock=CLOCKS[given.clock])
    choice = partial(by_choice, given.batch, given.k)
    newer = partial(by_generator, given.batch, given.k, np.random.default_rng(0))
    exact = ours(data.i, data.batch.y, Pool.of(data.labels), given.k)
    spread = ours(data.i, data.batch.y, Pool.of(data.labels), given.k, spread=True)
    print(f"negatives against np.random.choice   {compare(exact, choice)}")
    print(f"negatives against Generator.choice   {compare(exact, newer)}")
    print(f"spread=true against np.random.choice {compare(spread, choice)}")


if __name__ == "__main__":
    main()
