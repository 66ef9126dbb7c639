"""Where gradient flows in a loss graph: which values carry it, and what it trains."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdgraph.compiler import Analysis
from kdgraph.graph.graph import LossGraph, Node
from kdgraph.graph.world import World
from kdgraph.lang.recipe import Stage
from kdgraph.registry import REGISTRY

STOPS = frozenset({"detach", "sign", "lt", "le", "gt", "ge", "eq", "ne", "argmax", "onehot"})
DISCRETE = frozenset({"Labels", "Mask"})


@dataclass(frozen=True)
class Gradient:
    """The nodes whose value depends on something trained in a way that can be followed back.

    Attributes:
        carries: those nodes.
        trains: for each of them, the models, modules and scalars its gradient reaches.
    """

    carries: frozenset[int]
    trains: dict[int, frozenset[str]]

    def flows(self, source: int, target: int) -> bool:
        """Whether gradient of `target` goes on into its input `source`."""
        return source in self.carries and target in self.carries


def inside(analysis: Analysis, stage: Stage) -> World:
    """The world as this stage sees it: with what it trains."""
    return replace(analysis.world, trains=frozenset(name for name, _ in stage.trains))


def gradient(graph: LossGraph, world: World) -> Gradient:
    """Follow what is trained down the graph, as far as gradient can come back."""
    trains: dict[int, frozenset[str]] = {}
    for number in graph.order():
        node = graph.node(number)
        if _stops(node):
            continue
        reached = _own(node, world)
        for source in graph.sources(number):
            reached |= trains.get(source, frozenset())
        if reached:
            trains[number] = reached
    return Gradient(frozenset(trains), trains)


def _stops(node: Node) -> bool:
    """Whether nothing goes back through a node: constants of training, choices, memory."""
    return (
        node.op.name in STOPS
        or node.sort in DISCRETE
        or bool(node.op.reads)
        or bool(node.op.writes)
    )


def _own(node: Node, world: World) -> frozenset[str]:
    """What is trained in the node itself."""
    op = node.op
    if op.name in {"tap", "apply"}:
        model = str(op.knob("model"))
        own = world.trains_model(model) and not op.knob("mean")
        return frozenset({model}) if own else frozenset()
    word = REGISTRY.get(op.name)
    if op.name == "param" or (word is not None and word.kind == "module"):
        name = str(op.knob("name"))
        return frozenset({name}) if world.trains_part(name) else frozenset()
    return frozenset()
