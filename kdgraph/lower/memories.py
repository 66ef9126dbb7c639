"""The memory behind the nodes of a graph, called by the recipe's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.arguments import UnknownSize
from kdgraph.lang.errors.memory import NeedsExamples
from kdgraph.lower.parts import path_of, seeded
from kdgraph.memory.memory import Memory
from kdgraph.registry import REGISTRY


@dataclass(frozen=True)
class Kept:
    """What memory of a graph is made with."""

    examples: int | None
    seed: int
    dtype: torch.dtype
    networks: Mapping[str, nn.Module]


def build_memory(graph: LossGraph, write: int, kept: Kept) -> Memory:
    """The memory that a `write` node writes; its start depends on the seed and its name alone.

    Raises:
        RecipeError: the number of examples, or a size of what is remembered, is not known.
    """
    node = graph.node(write)
    signature = REGISTRY.get(str(node.op.knob("word")))
    assert signature is not None
    code = REGISTRY.code(signature.name)
    inputs = graph.inputs(write)
    name = str(node.op.knob("name"))
    if signature.flag("record"):
        fields = {slot: None for slot, _ in inputs}
        made = code(**fields)
    elif signature.flag("network"):
        model = str(node.op.knob("model"))
        followed = code(model, kept.networks[model], momentum=node.op.knob("momentum"))
        assert isinstance(followed, Memory)
        return followed  # in the network's own precision
    else:
        knobs = {
            one.name: node.op.knob(one.name)
            for one in signature.parameters
            if not one.is_edge and node.op.knob(one.name) is not None
        }
        if signature.flag("indexed"):
            knobs["examples"] = _examples(node, kept)
        shape = _shape(graph, inputs[0][1], node)
        made = seeded(kept.seed, name, lambda: code(shape, **knobs))
    assert isinstance(made, Memory)
    return made.to(kept.dtype)


def memories(graph: LossGraph, program: fx.GraphModule) -> dict[str, Memory]:
    """The memory of a lowered graph, by the recipe's names."""
    found: dict[str, Memory] = {}
    for number in graph.find("write"):
        name = str(graph.node(number).op.knob("name"))
        memory = program.get_submodule(path_of(f"memory.{name}"))
        assert isinstance(memory, Memory)
        found[name] = memory
    return found


def without_rows(graph: LossGraph) -> dict[str, frozenset[str]]:
    """The slots, by memory, whose values have no rows: they are the same on every rank."""
    found: dict[str, frozenset[str]] = {}
    for number in graph.find("write"):
        named = {slot: graph.node(source).axes for slot, source in graph.inputs(number)}
        found[str(graph.node(number).op.knob("name"))] = frozenset(
            slot for slot, axes in named.items() if axes is not None and not (axes and axes[0].rows)
        )
    return found


def _examples(node: Node, kept: Kept) -> int:
    if kept.examples is None:
        words = node.here.text if node.here else str(node.op.knob("word"))
        raise RecipeError(NeedsExamples(span=node.here, words=words))
    return kept.examples


def _shape(graph: LossGraph, number: int, node: Node) -> tuple[int, ...]:
    """The sizes of what is remembered; -1 for the rows of the batch."""
    axes = graph.node(number).axes
    if axes is None or any(axis.size is None and not axis.rows for axis in axes):
        at = node.here
        raise RecipeError(UnknownSize(span=at, words=at.text if at else "a size"))
    return tuple(-1 if axis.size is None else axis.size for axis in axes)
