"""What a step draws for itself before its program runs: `negatives(i, K, other=y)`, coins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kdgraph.draws.draw import Source
from kdgraph.draws.pool import Pool
from kdgraph.graph.graph import LossGraph, Op
from kdgraph.graph.remembered import EXAMPLES
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.memory import NeedsExamples, NeedsLabels, TooFewOthers
from kdgraph.primitive import Signature
from kdgraph.registry import REGISTRY
from kdgraph.views.draw import Draw
from kdgraph.views.site import site


@dataclass(frozen=True)
class Drawing:
    """One place where a step draws.

    Attributes:
        name: of the program's input that it fills, and the place of its randomness.
        inputs: slots with the step's inputs that fill them.
        many: what a slot of several knobs holds, such as `*sizes`.
        once: whether it draws once a step, and not for each example.
    """

    name: str
    function: Callable[..., Tensor]
    inputs: tuple[tuple[str, str], ...]
    knobs: tuple[tuple[str, object], ...]
    many: tuple[object, ...] = ()
    once: bool = False

    def __call__(
        self,
        known: Mapping[str, Tensor | None],
        pool: Pool | None,
        place: tuple[int, Any, int],
        examples: Tensor,
    ) -> Tensor:
        """Draw for a batch.

        Args:
            known: the inputs of the step.
            pool: the training examples.
            place: seed, stage and epoch.
            examples: the numbers of the batch's examples; of what draws once, of the step.
        """
        given = [(slot, known[name]) for slot, name in self.inputs if slot != EXAMPLES]
        first, others = [value for _, value in given[:1]], given[1:]
        seed, stage, epoch = place
        randomness = Draw(seed, stage, epoch, site(self.name), examples)
        told = {**dict(others), **dict(self.knobs)}
        return self.function(*first, *self.many, **told, source=Source(randomness, pool))


@dataclass
class Draws:
    """All that a step draws, and what that is a function of.

    Attributes:
        places: where it draws.
        pool: the training examples by class.
        epoch: as the clock said last; 0 where it was never told.
        step: as the clock said last; None where it was never told.
    """

    places: tuple[Drawing, ...]
    pool: Pool | None
    seed: int
    stage: int | str
    epoch: int = 0
    step: int | None = None

    def tell(self, times: Mapping[str, float]) -> None:
        """The time, as far as the clock is told it."""
        self.epoch = int(times.get("epoch", self.epoch))
        if "step" in times:
            self.step = int(times["step"])

    def fill(self, known: dict[str, Tensor | None], commits: int) -> None:
        """Draw for a batch; where nobody tells the time, each commit begins a new one."""
        if not self.places:
            return
        self._draw_once(known, commits)
        examples = known.get("i")
        if examples is None:
            return
        if self.pool is not None:
            self.pool = self.pool.to(examples.device)
        place = (self.seed, self.stage, self.epoch or -1 - commits)
        for one in self.places:
            if not one.once:
                known[one.name] = one(known, self.pool, place, examples)

    def _draw_once(self, known: dict[str, Tensor | None], commits: int) -> None:
        """What is drawn for the step: the same whatever its images, and on every rank."""
        device = next(one.device for one in known.values() if one is not None)
        step = torch.tensor([commits if self.step is None else self.step], device=device)
        for one in self.places:
            if one.once:
                known[one.name] = one(known, None, (self.seed, self.stage, 0), step)


def drawings(graph: LossGraph) -> tuple[Drawing, ...]:
    """The draws of a graph, in order."""
    found: list[Drawing] = []
    for number in graph.order():
        node = graph.node(number)
        word = REGISTRY.get(node.op.name)
        if word is None or word.kind != "draw":
            continue
        place = str(node.op.knob("site"))
        inputs = tuple(
            (slot, str(graph.node(source).op.knob("name"))) for slot, source in graph.inputs(number)
        )
        loose, many = _parted(word, node.op)
        once = bool(word.flag("step"))
        found.append(Drawing(place, REGISTRY.code(word.name), inputs, loose, many, once))
    return tuple(found)


def _parted(word: Signature, op: Op) -> tuple[tuple[tuple[str, object], ...], tuple[object, ...]]:
    """The knobs that are passed by name, and what a slot of several holds."""
    names = {one.name for one in word.parameters if one.many}
    loose = tuple((name, v) for name, v in op.knobs if name not in {"site", *names})
    many = tuple(v for name, held in op.knobs if name in names for v in _listed(held))
    return loose, many


def _listed(held: object) -> tuple[object, ...]:
    return held if isinstance(held, tuple) else (held,)


def pool_of(graph: LossGraph, labels: Tensor | None, examples: int | None) -> Pool | None:
    """What the draws of a graph need to know of the data.

    Raises:
        RecipeError: they need labels or the number of examples, or there are too few.
    """
    pool: Pool | None = None
    for number in graph.order():
        node = graph.node(number)
        word = REGISTRY.get(node.op.name)
        if word is None or not word.flag("pool"):
            continue
        words = node.here.text if node.here else node.op.name
        if "other" in dict(graph.inputs(number)):
            if labels is None:
                raise RecipeError(NeedsLabels(span=node.here, words=words))
            pool = Pool.of(labels)
        elif pool is None:
            if examples is None:
                raise RecipeError(NeedsExamples(span=node.here, words=words))
            pool = Pool.unlabelled(examples)
        k = node.op.knob("k")
        if isinstance(k, int) and not node.op.knob("replace") and k > min(pool.others):
            raise RecipeError(TooFewOthers(span=node.here, k=k, others=min(pool.others)))
    return pool
