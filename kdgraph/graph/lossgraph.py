"""One stage of a recipe to its loss graph, with every mistake on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdgraph.graph.build import Builder
from kdgraph.graph.condensed import ask_for_values, condenses
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.laws import graph_mistakes, unknown_parts
from kdgraph.graph.lent_stages import stages_missed
from kdgraph.graph.lookup import opened
from kdgraph.graph.nodes import TooManyNodesError
from kdgraph.graph.tables import TABLE, VIEW, table_mistakes
from kdgraph.graph.terms import terms_of
from kdgraph.graph.values import Model
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.graph import NoLoss
from kdgraph.lang.errors.names import NameClash
from kdgraph.lang.errors.sorts import NotAScalarLoss, Swapped
from kdgraph.lang.errors.tables import DrawnMetric
from kdgraph.lang.errors.text import TooDeep
from kdgraph.lang.recipe import Function, Recipe, Stage
from kdgraph.lang.source import Span
from kdgraph.lang.write import write

ACCURACY = "accuracy"
"""the measure that there always is"""


@dataclass(frozen=True)
class Built:
    """A graph, what is wrong with it, and which names of the recipe it needed."""

    graph: LossGraph
    mistakes: tuple[Diagnostic, ...]
    used: frozenset[str]
    parts: dict[str, int]


def build_loss(recipe: Recipe, stage: Stage, library: dict[str, Function], world: World) -> Built:
    """The graph of a stage's loss, and of the values that condensing asks for."""
    build = Builder(recipe=recipe, library=library, world=world)
    build.top.bound.update({name: Model(model) for name, model in stage.bound})
    loss = stage.loss or recipe.loss if stage.compute is None else stage.compute
    if loss is None:
        build.note(NoLoss(span=stage.span))
        return Built(build.graph, tuple(build.mistakes.values()), frozenset(), {})
    try:
        for name in world.views:
            build.view(name, Span(recipe.source, 0, 0))
        build.used.clear()
        if stage.compute is None:
            build.graph.terms = terms_of(build, loss, build.top)
            for one in {tree: None for view in world.views.values() for tree in view.at}:
                build.graph.outputs[f"{VIEW}{write(one)}"] = build.point(one, build.top)
        else:
            build.graph.outputs[TABLE] = build.point(loss, build.top)
        if condenses(recipe, stage, world):
            ask_for_values(build)
        used = frozenset(build.used)
        _read_the_rest(build)
    except TooManyNodesError:
        used = frozenset(build.used)
    except RecursionError:
        used = frozenset(build.used)
        _note_too_deep(build, loss.span)
    mistakes = [*build.mistakes.values(), *unknown_parts(build, stage)]
    build.graph, parts = _kept(build)
    if not _errors(mistakes):
        mistakes += table_mistakes(build.graph, world)
    if not _errors(mistakes) and stage.compute is None:
        mistakes += [*graph_mistakes(build, stage, loss), *stages_missed(build, stage, loss)]
    return Built(build.graph, tuple(mistakes), used, parts)


def _note_too_deep(build: Builder, span: Span) -> None:
    advice = "some names of `where` need one another too deep down: write them as one"
    build.note(TooDeep(span=span, limit=100, advice=advice))


def _errors(mistakes: list[Diagnostic]) -> bool:
    return any(one.severity == "error" for one in mistakes)


def build_metrics(recipe: Recipe, library: dict[str, Function], world: World) -> Built:
    """The graph of the recipe's metrics, which the test set is measured with."""
    build = Builder(recipe=recipe, library=library, world=replace(world, least=world.tests))
    try:
        for name in world.views:
            build.view(name, recipe.source_span)
        build.used.clear()
        for name, entry in recipe.metrics.items():
            if name == ACCURACY:
                what = "measured after every epoch"
                build.note(NameClash(span=entry.key, name=name, what=what))
            number = build.point(entry.tree, build.top)
            axes = build.graph.node(number).axes
            if axes:
                shown = ", ".join(map(str, axes))
                build.note(NotAScalarLoss(span=entry.tree.span, term=name, axes=shown))
            reached = [build.graph.node(one).op for one in build.graph.reach(number)]
            drawn = any(op.knob("site") is not None for op in reached)
            if drawn and not any(op.name in {"tap", "apply", "input", "param"} for op in reached):
                build.note(DrawnMetric(span=entry.tree.span, name=name))
            build.graph.outputs[name] = number
    except TooManyNodesError:
        build.graph.outputs.clear()
    except RecursionError:
        build.graph.outputs.clear()
        _note_too_deep(build, next(iter(recipe.metrics.values())).tree.span)
    build.graph, parts = _kept(build)
    mistakes = (*build.mistakes.values(), *table_mistakes(build.graph, world))
    return Built(build.graph, mistakes, frozenset(build.used), parts)


def _read_the_rest(build: Builder) -> None:
    """Read names that no loss reaches as well: a mistake in them is one all the same.

    But for a target that is trained: in a recipe of stages the name may be another stage's,
    which trains other parts.
    """
    before = set(build.mistakes)
    for name, entry in build.top.entries.items():
        opened(build, name, build.top, entry.key)
    if build.recipe.stages:
        build.mistakes = {
            key: mistake
            for key, mistake in build.mistakes.items()
            if key in before or not isinstance(mistake, Swapped)
        }


def _kept(build: Builder) -> tuple[LossGraph, dict[str, int]]:
    """The graph without what no loss and no output reaches, and the parts left in it.

    Memory that only another stage looks at is not written in this one.
    """
    graph = build.graph
    kept = graph.needed(graph.asked())
    graph.dag.remove_nodes_from([number for number in list(graph.dag) if number not in kept])
    parts: dict[str, int] = {}
    for number in graph.order():
        name = graph.node(number).op.knob("name")
        if isinstance(name, str) and name in build.parts:
            parts.setdefault(name, number)
    return graph, parts
