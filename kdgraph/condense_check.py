"""Whether `condense:` of a recipe fits the stages that it would work in, in numbers."""

from __future__ import annotations

from kdgraph.graph.condensed import condenses
from kdgraph.graph.world import World
from kdgraph.lang.condense import condense_mistakes
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.condense import NothingToCondense
from kdgraph.lang.recipe import Recipe, Stage


def told_of_condense(recipe: Recipe, stages: list[tuple[Stage, World, int]]) -> list[Diagnostic]:
    """Everything that is wrong with `condense:`, each mistake once.

    Args:
        recipe: the recipe.
        stages: each with the world as it sees it, and its epochs.
    """
    if not recipe.condense:
        return []
    found = [epochs for stage, world, epochs in stages if condenses(recipe, stage, world)]
    if not found:
        return [NothingToCondense(span=next(iter(recipe.condense.values())).key)]
    wrong = [one for epochs in found for one in condense_mistakes(recipe, epochs)]
    return list({(one.headline, one.span): one for one in wrong}.values())
