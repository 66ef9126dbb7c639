"""Condensing: after some epochs the best-ranked examples stay, mixed with a few that leave.

Ranked are all examples of the data set, also those that were left out before, so that one can
return. Every rank knows the values of all ranks' rows and so decides the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from kdgraph.data.batches import order
from kdgraph.data.images import Examples, Images
from kdgraph.data.load import BUDGET
from kdgraph.data.pool import Pool
from kdgraph.graph.condensed import OUTPUT
from kdgraph.lang.condense import Condensing, Form
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.condense import TooManyMixed
from kdgraph.lower.gather import all_rows
from kdgraph.train.distributed import ALONE, World
from kdgraph.train.events import Round
from kdgraph.train.worth import Worth, ranked

BINS = 24
"""of the histogram that is told of each round"""


@dataclass(frozen=True)
class Parting:
    """What a round does to the ranked examples.

    Attributes:
        kept: the examples that stay, best first: K¹.
        last: the lowest of them, whose images are mixed: K¹ᴸ.
        out: whose images are mixed into them, pair by pair: K⁰.
    """

    kept: Tensor
    last: Tensor
    out: Tensor


def parted(ranks: Tensor, kept: int, before: int, form: Form) -> Parting:
    """Part the examples, best first, where `before` of them took part and `kept` stay.

    In the `code`'s form those mixed in are the band between, in the `paper`'s all that do not
    stay. Where they are more than stay, the best of them are.
    """
    out = ranks[kept:before] if form == "code" else ranks[kept:]
    pairs = min(len(out), kept)
    return Parting(ranks[:kept], ranks[kept - pairs : kept], out[:pairs])


def shares(pairs: int, mix: float, form: Form) -> tuple[Tensor, Tensor]:
    """How much of its own image each pair keeps, and how much of the other it gets, float32.

    The `code`'s are rounded as it rounds them, at every step of mix·((L − q)/L) + (1 − mix).

    >>> own, other = shares(3, 0.3, "code")
    >>> own.tolist()[0], round(other.tolist()[2], 4)
    (1.0, 0.2)
    >>> shares(3, 0.3, "paper")[0].tolist(), round(shares(3, 0.3, "paper")[1].tolist()[2], 4)
    ([1.0, 1.0, 1.0], 0.3)
    """
    places = torch.arange(pairs)
    if form == "paper":
        other = (mix * (places.double() + 1) / pairs).float()
        return torch.ones_like(other), other
    own = (pairs - places).float() / pairs * mix + (1 - mix)
    return own, 1 - own


def blended(pixels: Tensor, others: Tensor, own: Tensor, other: Tensor) -> Tensor:
    """Two batches of images as one, computed in float32 and cut off to uint8."""
    own, other = (one.to(pixels.device)[:, None, None, None] for one in (own, other))
    mixed = own * pixels.float() + other * others.to(pixels.device).float()
    return mixed.clamp(max=255).to(torch.uint8)


@dataclass(eq=False)
class Condenser:
    """The training set of a stage that condenses it.

    Args:
        how: the recipe's numbers.
        pool: the images, some of them mixed.
        worth: what each example has been worth.
        world: the processes that train together.
        remain: the examples of an epoch, best first once there was a round.
        rounds: how many there were.
    """

    how: Condensing
    pool: Pool
    worth: Worth
    world: World = ALONE
    remain: Tensor = field(init=False)
    rounds: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Begin with all examples in the data set's order."""
        self.remain = torch.arange(len(self.pool))

    def numbers(self, seed: int, stage: int, epoch: int) -> Tensor:
        """The examples of an epoch, in the order they are seen."""
        return self.remain[order(len(self.remain), seed=seed, stage=stage, epoch=epoch)]

    @torch.no_grad()
    def note(self, outputs: Mapping[str, Tensor], examples: Tensor, finite: Tensor) -> None:
        """Take the values of a step, which was carried out where `finite` is true."""
        values = outputs[OUTPUT]
        if self.world.size > 1:
            own, examples = len(examples), all_rows(examples)
            values = all_rows(values) if len(values) == own else values
        self.worth.note(examples, values, finite)

    def after(self, epoch: int) -> Round | None:
        """What follows an epoch: a round, unless none is due or nothing would be left out."""
        examples, before = len(self.pool), len(self.remain)
        kept = self.how.after(examples, before)
        if not self.how.is_due(epoch) or kept == before:
            return None
        scores = self.worth.scores(cost=self.how.cost, unit=self.how.every)
        parting = parted(ranked(scores), kept, before, self.how.form)
        mixed = self._mix(parting)
        stayed = int(torch.isin(parting.kept, self.remain).sum())
        self.remain = parting.kept
        self.rounds += 1
        low, high, inside, outside = _histogram(scores, parting.kept)
        return Round(
            number=self.rounds,
            examples=examples,
            kept=kept,
            left=before - stayed,
            returned=kept - stayed,
            mixed=mixed,
            low=low,
            high=high,
            inside=inside,
            outside=outside,
        )

    def _mix(self, parting: Parting) -> int:
        """Mix images left out into the lowest kept ones; all are read before one is written."""
        own, other = shares(len(parting.last), self.how.mix, self.how.form)
        moved = other > 0
        if not moved.any():
            return 0
        last, out = parting.last[moved], parting.out[moved]
        own, other = own[moved], other[moved]
        made, start = list[Tensor](), 0
        for pixels, others in zip(self.pool.now(last), self.pool.now(out), strict=True):
            part = slice(start, start + len(pixels))
            made.append(blended(pixels, others, own[part], other[part]))
            start += len(pixels)
        self.pool.change(last, torch.cat(made))
        return len(last)

    def state(self) -> dict[str, Tensor]:
        """All that condensing has decided, for a checkpoint."""
        parts = {"remain": self.remain, "rounds": torch.tensor(self.rounds)}
        return parts | self.worth.state() | self.pool.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave."""
        self.remain, self.rounds = state["remain"].cpu(), int(state["rounds"])
        self.worth.restore(state)
        self.pool.restore(state)


def refuse_large(how: Condensing, examples: Examples, epochs: int) -> None:
    """Refuse more mixed images of a stream than memory should hold.

    Raises:
        RecipeError: with how many there may be, and what they need.
    """
    if isinstance(examples, Images) or how.mix == 0:
        return
    n = len(examples)
    lengths = [*how.lengths(n, epochs), how.after(n, how.lengths(n, epochs)[-1])]
    pairs = sum(
        min(n - now if how.form == "paper" else before - now, now)
        for before, now in pairwise(lengths)
        if now < before
    )
    height, width = examples.size
    count = min(pairs, n)
    needed = count * examples.channels * height * width
    if needed > BUDGET:
        words = [f"{size / 2**30:.1f} GiB" for size in (needed, BUDGET)]
        raise RecipeError(TooManyMixed(count=count, needed=words[0], limit=words[1]))


def _histogram(
    scores: Tensor, kept: Tensor
) -> tuple[float, float, tuple[int, ...], tuple[int, ...]]:
    """The range of all scores, and in equal parts of it how many are kept and how many not."""
    known = scores.isfinite()
    if not known.any():
        return 0.0, 0.0, (), ()
    low, high = scores[known].min().item(), scores[known].max().item()
    stays = torch.zeros_like(known)
    stays[kept] = True
    counts = []
    for those in (known & stays, known & ~stays):
        found = torch.histc(scores[those], bins=BINS, min=low, max=max(high, low + 1e-12))
        counts.append(tuple(int(one) for one in found.tolist()))
    return low, high, counts[0], counts[1]
