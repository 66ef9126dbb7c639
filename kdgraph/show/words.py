"""A value of a graph as an expression again: `softmax(teacher.logits/4)`."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph, Op
from kdgraph.show.number_text import number_text

INFIX = {
    "add": " + ", "sub": " - ", "mul": "·", "div": "/", "pow": "^", "matmul": " @ ",
    "lt": " < ", "le": " <= ", "gt": " > ", "ge": " >= ", "eq": " == ", "ne": " != ",
}  # fmt: skip
NAMED = frozenset({"input", "clock", "param", "given", "recall"})
QUIET = frozenset({"name", "over", "reduce", "rows", "smoothing", "word"})
LONGEST = 60


def words(graph: LossGraph, number: int, *, whole: bool = True, longest: int = LONGEST) -> str:
    """A value as the expression that computes it; names of the recipe stand for themselves.

    Args:
        graph: the graph.
        number: the value.
        whole: write out the value itself even where it has a name.
        longest: how many letters are told of it.
    """
    text = _words(graph, number, named=not whole)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _words(graph: LossGraph, number: int, *, named: bool) -> str:
    node = graph.node(number)
    op = node.op
    if op.name == "const":
        return number_text(op.knob("value"))
    if op.name in NAMED:
        return str(op.knob("name"))
    if op.name in {"tap", "take"}:
        return _tap(graph, number)
    if named and node.name:
        return node.name
    return _call(op, [_words(graph, one, named=True) for one in graph.sources(number)])


def _call(op: Op, inside: list[str]) -> str:
    """An operation on the words of its inputs."""
    if op.name in INFIX:
        return INFIX[op.name].join(_held(text, op.name) for text in inside)
    if op.name == "neg":
        return f"-{_held(inside[0], 'mul')}"
    if op.name == "transpose":
        return f"{_held(inside[0], 'pow')}ᵀ"
    knobs = [
        number_text(value)
        for key, value in op.knobs
        if key not in QUIET and value is not None and not isinstance(value, bool)
    ]
    return f"{op.name}({', '.join([*inside, *knobs])})"


def _tap(graph: LossGraph, number: int) -> str:
    op = graph.node(number).op
    source = graph.sources(number)[0]
    if op.name == "take":
        run = graph.node(source).op
        return f"{run.knob('mean') or run.knob('model')}.{op.knob('tap')}"
    view = _words(graph, source, named=True)
    seen = "" if view == "x" else f"({view})"
    return f"{op.knob('mean') or op.knob('model')}{seen}.{op.knob('path')}"


def _held(text: str, op: str) -> str:
    """An operand, in brackets where its own sign binds less."""
    loose = any(sign in text for sign in (" + ", " - ", " @ "))
    return f"({text})" if loose and op not in {"add", "sub"} and not _closed(text) else text


def _closed(text: str) -> bool:
    """Whether the signs in a text all stand inside brackets."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if not depth and text[place : place + 3] in {" + ", " - ", " @ "}:
            return False
    return True
