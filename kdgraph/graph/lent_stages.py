"""Stages stay with the recipe they stand in: what `use` takes along may miss one."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.build import Builder
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.stages_missed import StageMissed
from kdgraph.lang.recipe import Recipe, Stage
from kdgraph.lang.syntax import Syntax


def stages_missed(build: Builder, stage: Stage, loss: Syntax) -> Iterator[Diagnostic]:
    """Parts that a used recipe trains beforehand, and that learn with all the rest here.

    Only where this stage does not say what it trains: one that does has decided.
    """
    if stage.trains:
        return
    graph = build.graph
    needed = graph.needed({part for term in graph.terms for part in (term.value, term.weight)})
    parts = {str(graph.node(one).op.knob("name")) for one in needed} & set(build.parts)
    for full, scope in build.borrowed.items():
        for first, names in _beforehand(scope.home):
            starts = {f"{full}.{name}" for name in names}
            here = [
                one for one in sorted(starts) if any(f"{p}.".startswith(f"{one}.") for p in parts)
            ]
            if here:
                name = full.partition(".")[0]
                said = (tree.span for tree in loss.walk() if getattr(tree, "id", None) == name)
                listed = ", ".join(f"`{one}`" for one in here)
                span = next(said, loss.span)
                yield StageMissed(span=span, recipe=full, stage=first, parts=listed)


def _beforehand(recipe: Recipe | None) -> Iterator[tuple[str, list[str]]]:
    """Stages of a recipe, and the modules that they train and its last stage does not."""
    if recipe is None or not recipe.stages:
        return
    *earlier, last = recipe.stages
    kept = {name for name, _ in last.trains}
    for stage in earlier if kept else ():
        names = [one for one, _ in stage.trains if one in recipe.modules and one not in kept]
        yield stage.name, names
