"""Scores against a bank, by columns or by rows: `python -m tests.bench.scoring`.

Forward and backward of a loss over the scores of 64 rows against 16384 + 1 of the 50000 rows of a
bank each. Memory is the greatest resident size (Linux's `VmHWM`) of a process of its own that
computes it once, less that of a process that only builds the inputs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.lower.operations import columns, transpose
from tests.bench.paired import CLOCKS, paired

Score = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Sizes:
    """How much is scored."""

    rows: int
    k: int
    examples: int
    width: int


def inputs(sizes: Sizes, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Rows with gradient, a bank, and the columns of each row."""
    draw = torch.Generator().manual_seed(0)
    v = F.normalize(torch.randn(sizes.rows, sizes.width, generator=draw, dtype=dtype), dim=1)
    bank = torch.rand(sizes.examples, sizes.width, generator=draw, dtype=dtype)
    bank.sub_(0.5).mul_(2 * (3 / sizes.width) ** 0.5)
    which = torch.randint(sizes.examples, (sizes.rows, sizes.k + 1), generator=draw)
    return v.requires_grad_(), bank, which


def rounding(sizes: Sizes) -> dict[str, tuple[float, float]]:
    """How far each way's scores and gradient in single precision lie from those in double.

    As a share of the greatest of their values. Both ways agree in double precision to 1e-14,
    so what is left here is rounding.
    """
    v, bank, which = inputs(sizes)
    exact = once(by_columns, v.detach().double().requires_grad_(), bank.double(), which)
    found = {}
    for name, score in WAYS.items():
        pairs = zip(once(score, v, bank, which), exact, strict=True)
        scores, gradient = (((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
        found[name] = scores, gradient
    return found


def disagreement(sizes: Sizes) -> tuple[float, float]:
    """How far both ways lie apart in double precision, in the same measure."""
    both = [once(score, *inputs(sizes, torch.float64)) for score in WAYS.values()]
    pairs = zip(*both, strict=True)
    scores, gradient = (((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
    return scores, gradient


def by_columns(v: Tensor, bank: Tensor, which: Tensor) -> Tensor:
    """As a recipe's `(v @ Mᵀ)[:, J]` is lowered."""
    return columns(v @ transpose(bank), which)


def by_rows(v: Tensor, bank: Tensor, which: Tensor) -> Tensor:
    """As the released code does: the rows of the bank, then a product of each with its own."""
    rows = bank.index_select(0, which.flatten()).view(*which.shape, -1)
    return torch.bmm(rows, v[:, :, None])[:, :, 0]


WAYS: dict[str, Score] = {"columns": by_columns, "rows": by_rows}


def once(score: Score, v: Tensor, bank: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
    """Scores, and the gradient of a loss over them."""
    v.grad = None
    scores = score(v, bank, which)
    F.softplus(scores / 0.07).sum(1).mean().backward()
    assert v.grad is not None
    return scores.detach(), v.grad


def _peak(way: str, sizes: Sizes, threads: int) -> int:
    """Bytes that a process takes at most; `none` builds the inputs alone."""
    words = [way, *map(str, (sizes.rows, sizes.k, sizes.examples, sizes.width, threads))]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.scoring", "--alone", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def _alone(words: list[str]) -> None:
    """What the process of `_peak` does: a small run to load what is needed, then the large one."""
    way, rows, k, examples, width, threads = words[0], *map(int, words[1:])
    torch.set_num_threads(threads)
    small = inputs(Sizes(4, 8, 16, 4))
    for score in WAYS.values():
        once(score, *small)
    large = inputs(Sizes(rows, k, examples, width))
    if way != "none":
        once(WAYS[way], *large)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")))


def main() -> None:
    """Print how they compare in time, memory and value."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=64)
    words.add_argument("--k", type=int, default=16_384)
    words.add_argument("--examples", type=int, default=50_000)
    words.add_argument("--width", type=int, default=128)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--rounds", type=int, default=10)
    words.add_argument("--clock", choices=CLOCKS, default="wall")
    words.add_argument("--alone", nargs=6, metavar="WORD", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.alone:
        _alone(given.alone)
        return
    torch.set_num_threads(given.threads)
    sizes = Sizes(given.rows, given.k, given.examples, given.width)
    scores, gradient = disagreement(sizes)
    print(f"columns and rows in float64 differ by: scores {scores:.1e}, gradient {gradient:.1e}")
    for name, (scores, gradient) in rounding(sizes).items():
        print(f"{name:7} in float32 are off by: scores {scores:.1e}, gradient {gradient:.1e}")
    large = inputs(sizes)
    found_times = paired(
        lambda: once(by_columns, *large),
        lambda: once(by_rows, *large),
        rounds=given.rounds,
        runs=2,
        warm=1,
        clock=CLOCKS[given.clock],
    )
    print(f"columns against rows  {found_times}   {1 / found_times.ratio:.1f} times faster")
    peaks = {way: _peak(way, sizes, given.threads) for way in ("none", *WAYS)}
    mine, theirs = (peaks[way] - peaks["none"] for way in WAYS)
    print(f"memory beyond inputs  {mine >> 20} MiB {theirs >> 20} MiB   {mine / theirs:.3f}")


if __name__ == "__main__":
    main()
