"""A lean graph to a `torch.fx.GraphModule` whose code speaks the recipe's names."""

from __future__ import annotations

from torch import fx

from kdgraph.graph.graph import LossGraph
from kdgraph.lower import operations, write_memory, write_networks, write_ranks, write_words
from kdgraph.lower.clock import Clock
from kdgraph.lower.draft import Draft, Wiring, mark, rename
from kdgraph.lower.schedule import scheduled
from kdgraph.lower.spelling import spelled

HANDS = ("epoch", "epochs", "step")


def program(graph: LossGraph, wiring: Wiring) -> fx.GraphModule:
    """The whole step, node by node: networks, taps, terms, total."""
    draft = Draft(graph, wiring)
    draft.root.add_module("clock", Clock(wiring.dtype))
    for name, reader in wiring.readers.items():
        draft.root.add_module(spelled(name), reader)
    for number, name in graph.fed().items():
        given = draft.code.placeholder(spelled(name))
        rename(given, name)
        draft.made[number] = given
    for number in scheduled(graph):
        if number not in draft.made:
            draft.made[number] = _written(draft, number)
    draft.code.output(_result(draft))
    made = fx.GraphModule(draft.root, draft.code, class_name="Program")
    made.clock = draft.root.clock
    return made


def _result(draft: Draft) -> dict[str, object]:
    """What the program gives: the total, every term and weight, and other outputs."""
    graph, made = draft.graph, draft.made
    terms = {term.name: made[term.value] for term in graph.terms}
    weights = {term.name: made[term.weight] for term in graph.terms}
    total: object = None
    for name, value in terms.items():
        weight = weights[name]
        is_one = weight == 1.0 and isinstance(weight, float)
        product = value if is_one else draft.call(operations.SIGNS["mul"], weight, value)
        total = product if total is None else draft.call(operations.SIGNS["add"], total, product)
    if isinstance(total, fx.Node):
        rename(total, "total")
    outputs = {name: made[number] for name, number in graph.outputs.items()}
    return {
        "total": total, "terms": terms, "weights": weights, "outputs": outputs,
        "writes": write_memory.writes(draft),
    }  # fmt: skip


def _written(draft: Draft, number: int) -> object:
    """One node, called by its name in the recipe; numbers stay Python numbers."""
    node, before = draft.graph.node(number), len(draft.code.nodes)
    value = _value(draft, number)
    if isinstance(value, fx.Node):
        if node.name:
            rename(value, node.name)
        for fresh in list(draft.code.nodes)[before:]:
            mark(fresh, node)
    return value


def _value(draft: Draft, number: int) -> object:
    op = draft.graph.node(number).op
    match op.name:
        case "const":
            return op.knob("value")
        case "clock":
            return _time(draft, str(op.knob("name")))
        case "run":
            return write_networks.run(draft, number)
        case "take":
            return write_networks.take(draft, number)
        case "apply":
            return write_networks.apply(draft, number)
        case "param":
            return draft.code.call_module(write_words.part(draft, number), ())
        case "write":
            return None
        case "recall":
            return write_memory.recall(draft, number)
        case "field":
            return write_memory.field(draft, number)
    if op.name in write_ranks.COUNTED:
        return write_ranks.count(draft, number)
    if op.name in write_ranks.SHARED:
        return write_ranks.share(draft, number)
    return write_words.word(draft, number)


def _time(draft: Draft, name: str) -> fx.Node:
    if not draft.times:
        clock = draft.code.call_module("clock", ())
        for place, word in enumerate(HANDS):
            draft.times[word] = draft.item(clock, place)
    return draft.times[name]
