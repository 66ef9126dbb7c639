"""Stages that compute a table: what may be asked for, and what is known of the result."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.early import COMPUTED, late
from kdgraph.graph.fits import no_index
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.wording import SHORT
from kdgraph.graph.world import Computed, World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.tables import (
    LateView,
    NoNumberEach,
    NoRowEach,
    NotComputedYet,
    NotOfABatch,
    TooFewNeighbours,
)
from kdgraph.lang.source import Span
from kdgraph.registry import REGISTRY

TABLE, ROWS, VIEW = "compute", "rows", "view "
"""the output that a stage computes, its rows of a batch, and how those begin that views need"""


def without_views(graph: LossGraph) -> LossGraph:
    """The graph that a program computes: without what views are made with, before it runs."""
    if not any(name.startswith(VIEW) for name in graph.outputs):
        return graph
    made = graph.renumbered()
    made.outputs = {name: one for name, one in made.outputs.items() if not name.startswith(VIEW)}
    kept = made.needed(made.roots())
    made.dag.remove_nodes_from([number for number in list(made.dag) if number not in kept])
    return made.renumbered()


def of_all(graph: LossGraph, number: int) -> bool:
    """Whether a node looks at all training images at once, as `neighbours` does."""
    word = REGISTRY.get(graph.node(number).op.name)
    return word is not None and word.kind == "compute"


def each_row(graph: LossGraph) -> int:
    """The node of a computing stage that is computed batch by batch, a row for each image."""
    asked = graph.outputs[TABLE]
    return graph.sources(asked)[0] if of_all(graph, asked) else asked


def rows_of(graph: LossGraph) -> LossGraph:
    """The graph of a computing stage as far as it goes batch by batch, its only output `rows`."""
    row = each_row(graph)
    place = graph.order().index(row)
    made = graph.renumbered()
    made.outputs = {ROWS: place}
    kept = made.needed({place})
    made.dag.remove_nodes_from([number for number in list(made.dag) if number not in kept])
    return made.renumbered()


def table_of(graph: LossGraph, examples: int | None) -> Computed:
    """What is known of the table that a stage computes."""
    node = graph.node(graph.outputs[TABLE])
    axes = node.axes
    return Computed(node.sort, None if not axes else (examples, *(one.size for one in axes[1:])))


def table_mistakes(graph: LossGraph, world: World) -> Iterator[Diagnostic]:
    """Tables that are not there yet, views made with late values, and words of all images."""
    asked = graph.outputs.get(TABLE)
    for number in graph.order():
        node = graph.node(number)
        if node.op.name == COMPUTED and node.op.knob("name") not in world.computed:
            yield NotComputedYet(span=node.here, name=str(node.op.knob("name")))
        if of_all(graph, number) and number != asked:
            yield NotOfABatch(span=node.here, word=node.op.name)
    for name, number in graph.outputs.items():
        words, here = name.removeprefix(VIEW), graph.node(number).here
        if name.startswith(VIEW) and next(late(graph, number), None) is not None:
            yield LateView(span=here, words=words)
        elif name.startswith(VIEW) and (found := _no_numbers(graph, number)):
            yield NoNumberEach(span=here, words=words, found=found)
    if asked is not None:
        yield from _of_stage(graph, asked, world)


def _no_numbers(graph: LossGraph, number: int) -> str:
    """Why a value can't say which other image each image is given; nothing where it can."""
    axes = graph.node(number).axes
    if axes is not None and [axis.rows for axis in axes] not in (["b"], [""]):
        return f"has axes {', '.join(map(str, axes))}" if axes else "is one number"
    wrong = no_index(graph, number)
    return f"is {SHORT.get(wrong, wrong)}" if wrong else ""


def _of_stage(graph: LossGraph, asked: int, world: World) -> Iterator[Diagnostic]:
    node = graph.node(each_row(graph))
    if node.axes is not None and (not node.axes or node.axes[0].rows != "b"):
        shown = ", ".join(map(str, node.axes)) if node.axes else "one number"
        yield NoRowEach(span=_there(graph, asked), axes=shown)
    k = graph.node(asked).op.knob("k")
    others = None if world.examples is None else world.examples - 1
    if of_all(graph, asked) and isinstance(k, int) and others is not None and k > others:
        yield TooFewNeighbours(span=_there(graph, asked), k=k, others=others)


def _there(graph: LossGraph, number: int) -> Span | None:
    return graph.node(number).here
