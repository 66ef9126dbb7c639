"""The compiled step against the one by hand: `python -m tests.bench.step`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from tests.bench.contestants import (
    EARLY,
    Batch,
    batch,
    by_hand,
    compiled,
    networks,
    same_loss,
    training,
)
from tests.bench.paired import paired


def _of_step(step: nn.Module, data: Batch) -> Callable[[], None]:
    return training(step, lambda: step(data.x, data.y).total)


def _of_hand(hand: nn.Module, data: Batch) -> Callable[[], None]:
    return training(hand, lambda: hand(data.x, data.y)[0])


def main() -> None:
    """Print a row for each comparison."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--batch", type=int, default=64)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--rounds", type=int, default=30)
    words.add_argument("--runs", type=int, default=6)
    words.add_argument("--teacher", default="resnet20")
    words.add_argument("--student", default="resnet8")
    words.add_argument("--device", default="cpu")
    words.add_argument("--modes", nargs="+", default=["eager", "inductor"])
    given = words.parse_args()
    torch.set_num_threads(given.threads)
    data = batch(given.batch, device=given.device)
    compare = partial(paired, rounds=given.rounds, runs=given.runs)
    for mode in given.modes:
        pair = networks(given.teacher, given.student, device=given.device)
        step, plain = (compiled(pair, data, optimise=one) for one in (True, False))
        cut, whole = (compiled(pair, data, recipe=EARLY, optimise=one) for one in (True, False))
        hand, twin = by_hand(pair, step), by_hand(pair, step)
        if mode != "eager":
            for one in (step, plain, cut, whole, hand, twin):
                one.compile(fullgraph=True, dynamic=False, backend=mode)
        same_loss(step, hand, data)
        ours, theirs = _of_step(step, data), _of_hand(hand, data)
        print(f"{mode:9} handwritten against its twin  {compare(_of_hand(twin, data), theirs)}")
        print(f"{mode:9} kdgraph against handwritten   {compare(ours, theirs)}")
        print(f"{mode:9} kdgraph against no passes     {compare(ours, _of_step(plain, data))}")
        early = compare(_of_step(cut, data), _of_step(whole, data))
        print(f"{mode:9} first stage against no passes {early}")


if __name__ == "__main__":
    main()
