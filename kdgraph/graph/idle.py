"""What a recipe writes down and no stage asks for: often a typo elsewhere."""

from __future__ import annotations

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.names import IdleLoss, UnusedName
from kdgraph.lang.recipe import Recipe


def idle(recipe: Recipe, used: set[str]) -> list[Diagnostic]:
    """Names that no loss reaches, and a loss that no stage minimises.

    Only those of the recipe's own file: what it extends was written for others too.

    Args:
        recipe: as it was read.
        used: the names that some stage, metric or view has asked for.
    """
    own = [
        entry
        for section in (recipe.where, recipe.views, recipe.modules)
        for name, entry in section.items()
        if name not in used and name != "x" and entry.key.source == recipe.source
    ]
    found: list[Diagnostic] = [UnusedName(span=entry.key, name=entry.name) for entry in own]
    loss, stages = recipe.loss, recipe.stages
    if loss is not None and loss.span.source == recipe.source and stages:
        asked = any(stage.loss is None and stage.compute is None for stage in stages)
        found += [] if asked else [IdleLoss(span=loss.span)]
    return found
