"""The compiled step of `crd.kd` against the one by hand: `python -m tests.bench.crd`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

import kdgraph
from kdgraph.lower.step import Step
from tests.bench.contestants import Batch, Pair, batch, networks, training
from tests.bench.handwritten_crd import HandwrittenCRD
from tests.bench.paired import CLOCKS, Run, paired

EXAMPLES = 50_000
CLASSES = 100


@dataclass(frozen=True)
class Named:
    """A batch, its examples' numbers, and the labels of all."""

    batch: Batch
    i: Tensor
    labels: Tensor


def named(size: int, *, device: str = "cpu") -> Named:
    """Noise as the images of a data set of CIFAR-100's size and classes."""
    draw = torch.Generator().manual_seed(1)
    labels = torch.arange(EXAMPLES).remainder(CLASSES)[torch.randperm(EXAMPLES, generator=draw)]
    i = torch.randperm(EXAMPLES, generator=draw)[:size]
    images = batch(size, device=device)
    return Named(Batch(images.x, labels[i].to(device)), i.to(device), labels)


def compiled(pair: Pair, data: Named, k: int) -> Step:
    """The recipe's step, on networks of its own."""
    own = deepcopy(pair)
    return kdgraph.compile(
        "crd",
        models={"teacher": own.teacher, "student": own.student},
        sample=data.batch.x,
        labels=data.labels,
        set={"K": k},
    )


def by_hand(pair: Pair, step: Step, data: Named, k: int) -> HandwrittenCRD:
    """The handwritten step on networks of its own; heads and banks equal those of `step`."""
    own = deepcopy(pair)
    made = HandwrittenCRD(own.teacher, own.student, data.labels, negatives=k).to(data.i.device)
    with torch.no_grad():
        made.head_s.load_state_dict(step.parts.crd.v.linear.state_dict())
        made.head_t.load_state_dict(step.parts.crd.u.linear.state_dict())
        made.m_s.copy_(step.memory["crd.M_s"].rows)
        made.m_t.copy_(step.memory["crd.M_t"].rows)
    return made.train()


def same_loss(step: Step, hand: HandwrittenCRD, data: Named) -> None:
    """Refuse to time two steps that do not compute the same on the same negatives."""
    x, y = data.batch.x, data.batch.y
    known = {"x": x, "y": y, "i": data.i}
    for _ in range(2):
        step.draws.fill(known, step.recollection.commits)
        out = step(x, y, data.i)
        _, terms = hand(x, y, data.i, known[next(iter(step.draws.places))])
        for name, value in terms.items():
            torch.testing.assert_close(out.terms[name], value, rtol=1e-4, atol=1e-6)
        step.commit()
        hand.commit()


def _of_step(step: Step, data: Named) -> Run:
    update = training(step, lambda: step(data.batch.x, data.batch.y, data.i).total)
    return _then(update, step.commit)


def _of_hand(hand: HandwrittenCRD, data: Named) -> Run:
    update = training(hand, lambda: hand(data.batch.x, data.batch.y, data.i)[0])
    return _then(update, hand.commit)


def _then(first: Callable[[], object], second: Callable[[], object]) -> Run:
    def both() -> None:
        first()
        second()

    return both


def main() -> None:
    """Print a row for each comparison."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--batch", type=int, default=64)
    words.add_argument("--k", type=int, default=16_384)
    words.add_argument("--threads", type=int, default=2)
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--runs", type=int, default=2)
    words.add_argument("--teacher", default="resnet20")
    words.add_argument("--student", default="resnet8")
    words.add_argument("--device", default="cpu")
    words.add_argument("--clock", choices=CLOCKS, default="wall")
    given = words.parse_args()
    torch.set_num_threads(given.threads)
    data = named(given.batch, device=given.device)
    pair = networks(given.teacher, given.student, classes=CLASSES, device=given.device)
    step = compiled(pair, data, given.k)
    hand, twin = (by_hand(pair, step, data, given.k) for _ in range(2))
    same_loss(step, hand, data)
    compare = partial(paired, rounds=given.rounds, runs=given.runs, clock=CLOCKS[given.clock])
    theirs = _of_hand(hand, data)
    print(f"handwritten against its twin  {compare(_of_hand(twin, data), theirs)}")
    print(f"kdgraph against handwritten   {compare(_of_step(step, data), theirs)}")


if __name__ == "__main__":
    main()
