"""What the panel of a page says about a box: its definition, its type, what it trains."""

from __future__ import annotations

from collections.abc import Sequence

from kdgraph.graph.graph import Node
from kdgraph.graph.vocabulary import library
from kdgraph.lang.recipe import Recipe
from kdgraph.registry import REGISTRY
from kdgraph.show.as_written import as_written, one_line, whole
from kdgraph.show.comment import comment_of
from kdgraph.show.formula import formulas
from kdgraph.show.number_text import number_text
from kdgraph.show.shape import shape
from kdgraph.sorts import SORTS

Fact = tuple[str, str]
SIGNS = frozenset({"add", "sub", "mul", "div", "pow", "neg", "matmul", "transpose"})
HIDDEN = frozenset({"name", "model", "path", "word", "start", "shape", "alone"})


def facts(node: Node, recipe: Recipe, trains: Sequence[str]) -> tuple[Fact, ...]:
    """Name and value of everything known about a value of the graph."""
    here = node.here
    knobs = [f"{k} = {number_text(v)}" for k, v in node.op.knobs if k not in HIDDEN]
    found: list[Fact] = [
        ("definition", one_line(whole(here).text) if here is not None else ""),
        *_meaning(node, recipe),
        ("sort", f"{node.sort}: {SORTS[node.sort]}" if node.sort in SORTS else node.sort),
        ("shape", shape(node)),
        ("knobs", ", ".join(knobs) if not node.calls and node.op.name not in SIGNS else ""),
        ("trains", ", ".join(trains) or "nothing"),
    ]
    return tuple((name, value) for name, value in found if value)


def _meaning(node: Node, recipe: Recipe) -> list[Fact]:
    """What the function or word behind a value computes, in the words of its documentation."""
    if node.calls:
        name = node.calls[0][0]
        function = recipe.define.get(name) or library().get(name)
        if function is None:
            return []
        stands = f"{function}: {as_written(function.value)}"
        return [("stands for", stands), ("about", comment_of(function))]
    word = REGISTRY.get(node.op.name)
    if word is None:
        return []
    return [("formula", "; ".join(formulas(word.doc))), ("about", word.summary)]
