"""What a network computes between two of its taps, traced.

Only the modules *around* the two places are traced; those between stay the calls they are, with
the control flow and the modes inside them.
"""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn

from kdgraph.lower.mode import in_mode
from kdgraph.lower.prune import Holder, Tracer
from kdgraph.lower.tap import resolve


class UnfitError(ValueError):
    """Why a part of a network can't stand alone, and what to do about it."""

    advice = "leave that map out, as in `zip(h[1:], student.maps[1:])`"


def between(network: nn.Module, start: str, end: str, rows: Tensor) -> fx.GraphModule:
    """The value at `end` as a function of that at `start`; modules are shared with the network.

    What it asks of the images' size is that of `rows`.

    Raises:
        UnfitError: if it depends on more than the value at `start`.
    """
    with in_mode(network, training=True):
        trained = _traced(network, start, end, rows)
    with in_mode(network, training=False):
        evaluated = _traced(network, start, end, rows)
    if trained.code != evaluated.code:
        msg = f"what follows `{start}` changes with the mode outside of its modules"
        raise UnfitError(msg)
    return evaluated


def _traced(network: nn.Module, start: str, end: str, rows: Tensor) -> fx.GraphModule:
    holder, taps = Holder(network), [resolve(network, path) for path in (start, end)]
    tracer = Tracer(network, taps)
    whole = tracer.trace(holder)
    first, last = (tracer.node(tap) for tap in taps)
    after = _after(whole, first)
    if last not in after:
        msg = f"`{end}` does not come after `{start}`"
        raise UnfitError(msg)
    inside = {node for node in _upstream(last) if node in after}
    known = {node for one in inside for node in one.all_input_nodes} - after - {first}
    code = fx.Graph()
    value = code.placeholder("x")
    made: dict[fx.Node, object] = {first: code.call_method("clone", (value,))}
    made |= _numbers(network, fx.GraphModule(holder, whole), known, rows, start)
    for node in whole.nodes:
        if node in inside:
            made[node] = code.node_copy(node, lambda one: made[one])  # type: ignore[arg-type,return-value]  # a number may stand for a node
    code.output(made[last])
    return fx.GraphModule(holder, code, class_name=f"RestOf{type(network).__name__}")


def _after(graph: fx.Graph, first: fx.Node) -> set[fx.Node]:
    """Everything that depends on a node."""
    found: set[fx.Node] = set()
    for node in graph.nodes:
        if any(one is first or one in found for one in node.all_input_nodes):
            found.add(node)
    return found


def _upstream(last: fx.Node) -> set[fx.Node]:
    """A node and everything it depends on."""
    found, open_ = {last}, [last]
    while open_:
        fresh = [one for one in open_.pop().all_input_nodes if one not in found]
        found.update(fresh)
        open_ += fresh
    return found


def _numbers(
    network: nn.Module, whole: fx.GraphModule, known: set[fx.Node], rows: Tensor, start: str
) -> dict[fx.Node, object]:
    """What else is asked for, such as the height of the images: sizes, never values."""
    if not known:
        return {}
    reader = fx.Interpreter(whole, garbage_collect_values=False)
    with torch.no_grad(), in_mode(network, training=False):
        reader.run(rows)
    for node in known:
        if isinstance(reader.env[node], Tensor):
            msg = f"what follows needs `{node.name}` beside `{start}`"
            raise UnfitError(msg)
    return {node: reader.env[node] for node in known}
