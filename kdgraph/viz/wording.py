"""The two lines in a box: what the recipe calls it, and what it is made of."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.graph.world import World
from kdgraph.lang.source import Span
from kdgraph.show.as_written import one_line, whole
from kdgraph.show.number_text import number_text
from kdgraph.show.part_text import part_text
from kdgraph.show.shape import shape
from kdgraph.viz.folding import Folding, is_memory, is_part

SHORT = 26
INPUTS = {"y": "labels", "i": "index of the image"}


def title(graph: LossGraph, number: int, folding: Folding) -> str:
    """The bold line: a name of the recipe, else the words themselves where they are short."""
    node = graph.node(number)
    op = node.op
    if op.name in {"input", "given", "param"} or is_part(node) or is_memory(node):
        return str(op.knob("name"))
    if op.name == "tap":
        return f"{_model(graph, number)}.{op.knob('path')}"
    if node.name:
        return node.name
    if is_inner(graph, number):
        return op.name
    words = formula(graph, number, folding)
    return words if len(words) <= SHORT else _verb(node)


def detail(graph: LossGraph, number: int, folding: Folding, world: World) -> str:
    """The small line: the formula, and the shape of a value that has one."""
    node = graph.node(number)
    op = node.op
    parts = [shape(node)]
    if op.name == "input":
        words = INPUTS.get(str(op.knob("name")), "batch" if node.axes else "batch of images")
        return " ".join([words, *filter(None, parts)])
    if op.name == "given":
        parts.insert(0, "given")
    elif op.name == "param":
        parts.insert(0, f"learned, starts at {number_text(op.knob('start'))}")
    elif is_part(node):
        frozen = "" if world.trains_part(str(op.knob("name"))) else "frozen"
        parts = [part_text(graph, number), frozen]
    elif is_memory(node):
        parts.insert(0, " ".join([op.name, *_knobs(node)]))
    elif op.name != "tap" and not is_inner(graph, number):
        words = formula(graph, number, folding)
        parts.insert(0, "" if words == title(graph, number, folding) else words)
    return " · ".join(filter(None, parts))


def is_inner(graph: LossGraph, number: int) -> bool:
    """Whether a value is on the way inside a function of the recipe, not what it gives."""
    node = graph.node(number)
    users = [graph.node(one) for one in graph.dag.successors(number)]
    return (
        not node.name
        and bool(node.calls)
        and any(user.calls[:1] == node.calls[:1] for user in users)
    )


def formula(graph: LossGraph, number: int, folding: Folding) -> str:
    """The words a value was built from; what has a box of its own stands there by its name.

    `normalize(linear(student.features, 128))` around a box `s.linear` is `normalize`.
    """
    words = graph.node(number).here
    if words is None:
        return _verb(graph.node(number))
    here = whole(words)
    names = {}
    for source in _entering(graph, number, folding):
        span = graph.node(source).here
        inside = bool(graph.node(source).calls)  # of a function: its call is not the box alone
        if span is not None and not inside and _within(span, here):
            names[span] = title(graph, source, folding)
    text = _replaced(here, names)
    for name in names.values():
        if text.endswith(f"({name})") and text.removesuffix(f"({name})").isidentifier():
            return text.removesuffix(f"({name})")
    return text


def _entering(graph: LossGraph, number: int, folding: Folding) -> list[int]:
    """The parts and memories that are used in a box: their words are replaced by their names."""
    sources = {s for member in folding.members(number) for s in graph.sources(member)}
    return sorted(
        s
        for s in sources
        if folding.owner.get(s) == s
        and (is_part(graph.node(s)) or is_memory(graph.node(s)) or not graph.node(s).name)
        and graph.node(s).op.name not in {"input", "tap", "param", "given"}
        and s != number
    )


def _within(span: Span, other: Span) -> bool:
    inside = other.start <= span.start and span.end <= other.end
    return span.source == other.source and inside and span != other


def _replaced(span: Span, names: dict[Span, str]) -> str:
    """The words of a span on one line, some parts of it replaced by a name."""
    text, end = "", span.start
    for one in sorted(names, key=lambda at: (at.start, -at.end)):
        if one.start >= end:
            text += span.source.text[end : one.start] + names[one]
            end = one.end
    return one_line(text + span.source.text[end : span.end])


def _knobs(node: Node) -> list[str]:
    return [f"{key}={number_text(value)}" for key, value in node.op.knobs if key != "name"]


def _model(graph: LossGraph, number: int) -> str:
    """The model of a tap, with the view it sees where that is not the default one."""
    op = graph.node(number).op
    model = str(op.knob("mean") or op.knob("model"))
    name = seen(graph, graph.sources(number)[0])
    return model if name == "x" else f"{model}({name})"


def seen(graph: LossGraph, view: int) -> str:
    """What the recipe calls the images that a model is applied to."""
    node = graph.node(view)
    if node.op.name == "field":
        record = graph.node(graph.sources(view)[0])
        return f"{record.op.knob('name')}.{node.op.knob('name')}"
    name = node.op.knob("name") if node.op.name in {"input", "given"} else node.name
    return str(name or "…")


def _verb(node: Node) -> str:
    """The word for an unnamed value: the function that the recipe calls, or the operation."""
    return node.calls[0][0] if node.calls else node.op.name
