"""`kdgraph show --as graph`: the graph as it was built, and what the passes left of it."""

from __future__ import annotations

from collections import Counter

from kdgraph.compiler import Analysis
from kdgraph.graph.graph import LossGraph, shown
from kdgraph.lang.wrap import hanging
from kdgraph.passes import lean
from kdgraph.registry import REGISTRY
from kdgraph.show.grid import WIDTH, grid
from kdgraph.show.place import place

LEAST = (30, 18, 10, 6)
"""columns that operation, type, name and place keep in a narrow terminal"""


def text(analysis: Analysis, stage: str | None = None, width: int = WIDTH) -> str:
    """Both graphs, one node a row, each with the recipe's line that it comes from."""
    built = analysis.built(stage).graph
    main = _file(built)
    parts = [
        _headed("built", built, main, width),
        _headed("after the passes", lean(built), main, width),
    ]
    return "\n\n".join(parts) + "\n"


def _file(graph: LossGraph) -> str:
    """The file that most nodes come from: its lines need no name."""
    files = Counter(place(graph.node(number)).rpartition(":")[0] for number in graph.order())
    del files[""]
    return files.most_common(1)[0][0] if files else ""


def _headed(words: str, graph: LossGraph, main: str, width: int) -> str:
    lines = f", each with its line of {main}" if main else ""
    heading = f"{words}: {len(graph.dag)} nodes{lines}"
    return f"{heading}\n\n{aligned(graph, main, width)}"


def aligned(graph: LossGraph, main: str, width: int = WIDTH) -> str:
    """A graph in columns: the operation, its type, the recipe's name and line for it.

    Knobs that say what the word does anyway are left out; `str(graph)` has them all.

    Args:
        graph: what is shown.
        main: the file whose lines stand without its name.
        width: columns of the terminal.
    """
    names = {number: f"%{place}" for place, number in enumerate(graph.order())}
    rows = [_row(graph, number, names, main) for number in names]
    lines = [grid(rows, LEAST, width)] if rows else []
    for term in graph.terms:
        product = f"{names[term.weight]} · {names[term.value]}"
        lines += hanging("term ", f"{term.name} = {product}", width)
    for name, number in graph.outputs.items():
        lines += hanging("output ", f"{name} = {names[number]}", width)
    return "\n".join(lines)


def _row(graph: LossGraph, number: int, names: dict[int, str], main: str) -> tuple[str, ...]:
    node = graph.node(number)
    word = REGISTRY.get(node.op.name)
    usual = {one.name: one.default for one in word.parameters} if word is not None else {}
    inside = [names[source] for source in graph.sources(number)]
    inside += [
        f"{key}={shown(value)}"
        for key, value in node.op.knobs
        if key not in usual or usual[key] != value
    ]
    touched = "".join(
        f" {verb} {', '.join(which)}"
        for verb, which in (("reads", node.op.reads), ("writes", node.op.writes))
        if which
    )
    here = place(node).removeprefix(f"{main}:")
    call = f"{names[number]} = {node.op.name}({', '.join(inside)})"
    return call, f": {node.type}{touched}", node.name, here
