"""Memory in a program: what it holds is read, what it will hold is only handed out."""

from __future__ import annotations

from torch import fx

from kdgraph.lower import operations
from kdgraph.lower.draft import Draft
from kdgraph.lower.memories import Kept, build_memory
from kdgraph.lower.parts import path_of, place
from kdgraph.registry import REGISTRY


def recall(draft: Draft, number: int) -> fx.Node:
    """What memory holds; of a memory of several values the first."""
    op, graph, wiring = draft.graph.node(number).op, draft.graph, draft.wiring
    name = f"memory.{op.knob('name')}"
    if name not in draft.placed:
        draft.placed.add(name)
        write = next(one for one in graph.find("write") if graph.node(one).op.writes == op.reads)
        kept = Kept(wiring.examples, wiring.seed, wiring.dtype, wiring.networks)
        place(draft.root, name, build_memory(graph, write, kept))
    held = draft.code.call_module(path_of(name), tuple(draft.inside(number)))
    word = REGISTRY.get(str(op.knob("word")))
    if word is None or not (word.flag("record") or word.flag("fields")):
        return held
    draft.records[number] = held
    return draft.item(held, 0) if word.flag("fields") else held


def field(draft: Draft, number: int) -> fx.Node:
    """One field of what memory of several values holds."""
    record = draft.records[draft.graph.sources(number)[0]]
    return draft.item(record, draft.graph.node(number).op.knob("at"))


def writes(draft: Draft) -> dict[str, dict[str, object]]:
    """What memory will be written with, by memory and slot."""
    found: dict[str, dict[str, object]] = {}
    for number in draft.graph.find("write"):
        name = str(draft.graph.node(number).op.knob("name"))
        found[name] = {
            slot: draft.call(operations.detached, draft.made[source])
            for slot, source in draft.graph.inputs(number)
        }
    return found
