"""Go to log-space where the mathematics, taken literally, would underflow."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.constant import constant
from kdgraph.graph.graph import SHARE, LossGraph, Node, Op
from kdgraph.passes.logarithm import logarithm, number
from kdgraph.passes.rewrite import Inputs, rewritten
from kdgraph.registry import REGISTRY

SIDES = ("target", "guess")


def stabilise(graph: LossGraph) -> LossGraph:
    """Lower logarithms, powers and divergences of a `softmax`; `log(1 + v)` to `log1p`.

    Users write the mathematics; a probability that underflows to zero would make its
    logarithm infinite. A side that is no softmax joins in log-space only where nothing
    trained has a part in it: the gradient of a logarithm at zero is not finite. And 1 + v has
    lost the digits of a small v before the logarithm sees it. In p·log p a p of 0 counts 0.

    >>> from kdgraph.graph.example import example
    >>> print(stabilise(example("mean(log(softmax(student.logits)))")))
    %0 = input(name=x) : Image[…]
    %1 = tap(%0, model=student, path=logits) : Logits[b, ?]
    %2 = log_softmax(%1, over=-1) : LogDistribution[b, ?]
    %3 = mean(%2, over=none) : Scalar
    %4 = const(value=1) : Scalar
    term mean(log(softmax(student.logits))) = %4 · %3
    """
    return rewritten(graph, _stable)


def _stable(graph: LossGraph, node: Node, inputs: Inputs) -> int | None:
    match node.op.name:
        case "log":
            found = logarithm(graph, inputs[0][1], node)
            return _above_one(graph, inputs[0][1], node) if found is None else found
        case "pow" | "sqrt":
            return _power(graph, node, inputs)
        case "mul":
            return _weighed(graph, node, inputs)
    word = REGISTRY.get(node.op.name)
    if word is None or not word.flag("log"):
        return None
    sides = [dict(inputs)[slot] for slot in reversed(SIDES)]
    if not any(_is_softmax(graph, side) for side in sides):
        return None
    logs = [log for side in sides if (log := _in_logs(graph, side, node)) is not None]
    if len(logs) < len(sides):
        return None
    if not word.flag("turned"):
        logs.reverse()
    rest = tuple((slot, source) for slot, source in inputs if slot not in SIDES)
    op = Op(str(word.flag("log")), node.op.knobs)
    return graph.add(replace(node, op=op), (*zip(SIDES, logs, strict=True), *rest))


def has_twin(node: Node) -> bool:
    """Whether a node is of a word with a twin in log-space."""
    word = REGISTRY.get(node.op.name)
    return word is not None and bool(word.flag("log"))


def _in_logs(graph: LossGraph, number: int, asked: Node) -> int | None:
    """The logarithm of one side of a divergence, where its gradient is finite."""
    if _is_softmax(graph, number):
        return logarithm(graph, number, asked)
    node = graph.node(number)
    if node.op.name in {"softmax", "unknown"} or node.trained:
        return None
    return graph.add(replace(node, op=Op("log"), sort="LogDistribution", name=""), (("v", number),))


def _is_softmax(graph: LossGraph, at: int) -> bool:
    """Whether a node is a softmax along its last axis."""
    op = graph.node(at).op
    return op.name == "softmax" and op.knob("over") in {None, -1}


def _above_one(graph: LossGraph, number: int, asked: Node) -> int | None:
    """The logarithm of a node that is 1 and something."""
    if graph.node(number).op.name != "add":
        return None
    sources = graph.sources(number)
    for one, rest in (sources, sources[::-1]):
        if graph.node(one).op == Op("const", (("value", 1.0),)):
            return graph.add(replace(asked, op=Op("log1p")), (("v", rest),))
    return None


def _power(graph: LossGraph, node: Node, inputs: Inputs) -> int | None:
    """e^(a·log v), where v has a logarithm that can't underflow and a slope of v^a may be steep."""
    base = inputs[0][1]
    exponent = graph.add(number(0.5, node)) if node.op.name == "sqrt" else inputs[1][1]
    known = constant(graph, exponent)
    if known is not None and (known >= 1 or known == 0):
        return None
    log = logarithm(graph, base, replace(node, name=""))
    if log is None:
        return None
    inner = replace(node, op=Op("mul"), sort="Tensor", name="")
    scaled = graph.add(inner, (("left", exponent), ("right", log)))
    return graph.add(replace(node, op=Op("exp")), (("v", scaled),))


def _weighed(graph: LossGraph, node: Node, inputs: Inputs) -> int | None:
    """p·log q where p may be 0: there the product is 0, and has no gradient."""
    if node.op.knobs:
        return None
    (_, left), (_, right) = inputs
    for share, value in ((left, right), (right, left)):
        if graph.node(share).axes == () or not _has_log(graph, value):
            continue
        if graph.node(share).sort == "Distribution" or share in graph.reach(value):
            op = Op("mul", ((SHARE, True),))
            return graph.add(replace(node, op=op), (("left", share), ("right", value)))
    return None


def _has_log(graph: LossGraph, number: int) -> bool:
    """Whether a value is a logarithm, or made of some by arithmetic."""
    seen, queue = {number}, [number]
    while queue:
        at = queue.pop()
        name = graph.node(at).op.name
        if name == "log":
            return True
        inside = graph.sources(at) if name in {"neg", "add", "sub", "mul", "div"} else ()
        fresh = [one for one in inside if one not in seen]
        seen.update(fresh)
        queue += fresh
    return False
