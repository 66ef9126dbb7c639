"""What a step does for itself before its program runs: draws, and what views are made with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdgraph.draws.draw import Source
from kdgraph.draws.pool import Pool
from kdgraph.graph.early import COMPUTED
from kdgraph.graph.graph import LossGraph, Op
from kdgraph.graph.remembered import EXAMPLES
from kdgraph.graph.tables import VIEW
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.memory import NeedsExamples, NeedsLabels, TooFewOthers
from kdgraph.lower.early import Early, Value
from kdgraph.registry import REGISTRY
from kdgraph.views.draw import Draw
from kdgraph.views.site import site

Known = Mapping[str, Tensor | None]


@dataclass
class Draws:
    """All that a step draws, and what that is a function of.

    Attributes:
        graph: the step's graph, with the values that views are made with as outputs.
        pool: the training examples by class.
        tables: what earlier stages have computed, by their names.
        epoch: as the clock said last; 0 where it was never told.
        step: as the clock said last; None where it was never told.
    """

    graph: LossGraph
    pool: Pool | None
    seed: int
    stage: int | str
    tables: dict[str, Tensor] = field(default_factory=dict)
    epoch: int = 0
    step: int | None = None

    def __post_init__(self) -> None:
        """Look once for what is drawn."""
        self.places = {
            str(op.knob("site")): number
            for number in self.graph.order()
            if (op := self.graph.node(number).op).knob("site") is not None
        }
        self.views = {
            name.removeprefix(VIEW): number
            for name, number in self.graph.outputs.items()
            if name.startswith(VIEW)
        }

    @property
    def names(self) -> frozenset[str]:
        """The inputs of the program that are filled in here."""
        tables = (self.graph.node(one).op.knob("name") for one in self.graph.find(COMPUTED))
        return frozenset(self.places) | {str(one) for one in tables}

    def tell(self, times: Mapping[str, float]) -> None:
        """The time, as far as the clock is told it."""
        self.epoch = int(times.get("epoch", self.epoch))
        if "step" in times:
            self.step = int(times["step"])

    def fill(
        self, known: dict[str, Tensor | None], commits: int, wanted: Collection[str] | None = None
    ) -> None:
        """Draw for a batch what a program wants; without a clock each commit begins a new draw."""
        wanted = self.names if wanted is None else wanted
        like = next((one for one in known.values() if one is not None), None)
        if not wanted or like is None:
            return
        known |= self._tables(like.device)
        early = self._early(known, commits, like.device)
        for name, number in self.places.items():
            if name in wanted and (known.get("i") is not None or self._is_of_step(number)):
                known[name] = early.tensor(number)

    def asked(self, known: Known, commits: int) -> dict[str, Tensor]:
        """The values that views are made with, as the recipe writes them."""
        if not self.views:
            return {}
        examples = known["i"]
        assert examples is not None
        there = {**known, **self._tables(examples.device)}
        early = self._early(there, commits, examples.device)
        return {name: early.tensor(number) for name, number in self.views.items()}

    def _early(self, known: Known, commits: int, device: torch.device) -> Early:
        """Draws are functions of the examples, or of the step, the same on every rank."""
        if self.pool is not None:
            self.pool = self.pool.to(device)
        step = torch.tensor([commits if self.step is None else self.step], device=device)
        epoch = self.epoch or -1 - commits

        def draw(number: int, inside: dict[str, Value]) -> Tensor:
            op = self.graph.node(number).op
            when, examples = (0, step) if self._is_of_step(number) else (epoch, known["i"])
            assert examples is not None
            place = Draw(self.seed, self.stage, when, site(str(op.knob("site"))), examples)
            given = [(slot, one) for slot, one in inside.items() if slot != EXAMPLES]
            first, others = [value for _, value in given[:1]], dict(given[1:])
            loose, many = _parted(op)
            made: Tensor = REGISTRY.code(op.name)(
                *first, *many, **others, **loose, source=Source(place, self.pool)
            )
            return made

        return Early(self.graph, known, draw)

    def _is_of_step(self, number: int) -> bool:
        """Whether a draw is made once a step, and not for each example."""
        word = REGISTRY.get(self.graph.node(number).op.name)
        return word is not None and bool(word.flag("step"))

    def _tables(self, device: torch.device) -> dict[str, Tensor]:
        """The tables there are, on the device of the batch."""
        self.tables = {name: one.to(device) for name, one in self.tables.items()}
        return self.tables


def _parted(op: Op) -> tuple[dict[str, object], tuple[object, ...]]:
    """The knobs that are passed by name, and what a slot of several holds, such as `*sizes`."""
    word = REGISTRY.get(op.name)
    assert word is not None
    names = {one.name for one in word.parameters if one.many}
    loose = {name: value for name, value in op.knobs if name not in {"site", *names}}
    many = [held for name, held in op.knobs if name in names]
    return loose, tuple(one for held in many for one in _listed(held))


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
