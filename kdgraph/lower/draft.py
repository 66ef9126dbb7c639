"""A program while it is written: the fx graph, the modules it calls, and what is written so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.lower import operations
from kdgraph.lower.ranks import Ranks
from kdgraph.lower.spelling import spelled
from kdgraph.lower.suited import Autocast

RAW = frozenset({"run", "origin", "part", "row_count", "gather_rows", "own_rows"})
"""what takes images as they are stored: networks normalise them, the others don't compute"""


@dataclass(frozen=True)
class Wiring:
    """What a graph is lowered with.

    Attributes:
        readers: the networks, by the model's name and whether its run is cut.
        applied: modules of networks that are applied to values, by model and path.
        ranks: how ranks tell one another their values; None for one process.
        examples: how many training examples there are, if that is known.
        networks: the models themselves, for memory that follows one.
        rests: what makes the layers that a branch of a network is grown from, by its name.
        autocast: of the networks, and of branches that are grown from them.
    """

    readers: dict[str, nn.Module]
    applied: dict[tuple[str, str], nn.Module] = field(default_factory=dict)
    seed: int = 0
    dtype: torch.dtype = torch.float32
    ranks: Ranks | None = None
    examples: int | None = None
    rests: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)
    networks: Mapping[str, nn.Module] = field(default_factory=dict)
    autocast: Autocast = field(default_factory=Autocast)


@dataclass
class Draft:
    """What each kind of node is written into.

    Attributes:
        made: the value of each node that is written; numbers stay Python numbers.
        times: the hands of the clock, once one was asked for.
        placed: names of the parts that are in `root` already.
        records: what memory of several values gave, by its node.
        lights: images from 0 to 1, by the node of their stored pixels.
    """

    graph: LossGraph
    wiring: Wiring
    code: fx.Graph = field(default_factory=fx.Graph)
    root: nn.Module = field(default_factory=nn.Module)
    made: dict[int, object] = field(default_factory=dict)
    times: dict[str, fx.Node] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    records: dict[int, fx.Node] = field(default_factory=dict)
    lights: dict[int, fx.Node] = field(default_factory=dict)

    def call(self, function: Callable[..., object], *args: object) -> fx.Node:
        """Write the call of a function."""
        return self.code.call_function(function, args)

    def item(self, values: object, place: object) -> fx.Node:
        """Write the taking of one of several values."""
        return self.call(_item, values, place)

    def inside(self, number: int) -> list[object]:
        """The values of a node's inputs; stored pixels become light, except for networks."""
        sources = self.graph.sources(number)
        if self.graph.node(number).op.name in RAW:
            return [self.made[one] for one in sources]
        return [self._light(one) for one in sources]

    def _light(self, number: int) -> object:
        """A value to compute with: bytes would wrap around, as in `x - other`."""
        if self.graph.node(number).sort != "Image":
            return self.made[number]
        if number not in self.lights:
            self.lights[number] = self.call(operations.light, self.made[number])
        return self.lights[number]


def _item(values: tuple[Tensor, ...], place_: int) -> Tensor:
    """One of several values."""
    return values[place_]


def rename(node: fx.Node, name: str) -> None:
    """Call a node of the program by a name of the recipe."""
    node._rename(spelled(name))  # noqa: SLF001 - fx has no public way to rename a node


def mark(fresh: fx.Node, node: Node) -> None:
    """Leave the recipe's line at a node of the program, for printed code and faults."""
    span = node.here
    if span is not None:
        where = f'  File "{span.source.path}", line {span.line}, in {node.name or "loss"}'
        fresh.meta["stack_trace"] = f"{where}\n    {span.text}"
        fresh.meta["recipe"] = f"{span.source.path}:{span.line} {span.text}"
