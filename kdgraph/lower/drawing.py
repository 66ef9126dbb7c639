"""What a step draws for itself before its program runs: `negatives(i, K, other=y)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
    """

    name: str
    function: Callable[..., Tensor]
    inputs: tuple[tuple[str, str], ...]
    knobs: tuple[tuple[str, object], ...]
    many: tuple[object, ...] = ()

    def __call__(
        self, known: Mapping[str, Tensor | None], pool: Pool | None, place: tuple[int, Any, int]
    ) -> Tensor:
        """Draw for a batch.

        Args:
            known: the inputs of the step.
            pool: the training examples.
            place: seed, stage and epoch.
        """
        given = [(slot, known[name]) for slot, name in self.inputs if slot != EXAMPLES]
        (_, first), *others = given
        examples = known["i"]
        assert examples is not None
        seed, stage, epoch = place
        randomness = Draw(seed, stage, epoch, site(self.name), examples)
        told = {**dict(others), **dict(self.knobs)}
        return self.function(first, *self.many, **told, source=Source(randomness, pool))


@dataclass
class Draws:
    """All that a step draws, and what that is a function of.

    Attributes:
        places: where it draws.
        pool: the training examples by class.
        epoch: as the clock said last; 0 where it was never told.
    """

    places: tuple[Drawing, ...]
    pool: Pool | None
    seed: int
    stage: int | str
    epoch: int = 0

    def fill(self, known: dict[str, Tensor | None], commits: int) -> None:
        """Draw for a batch; where nobody tells the epoch, each commit begins a new one."""
        examples = known.get("i")
        if not self.places or examples is None:
            return
        if self.pool is not None:
            self.pool = self.pool.to(examples.device)
        epoch = self.epoch or -1 - commits
        for one in self.places:
            known[one.name] = one(known, self.pool, (self.seed, self.stage, epoch))


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
        found.append(Drawing(place, REGISTRY.code(word.name), inputs, loose, many))
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
