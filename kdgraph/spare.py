"""Models that a setting keeps ready: there for the recipes that name them, for no others.

A chain of assistants, or a peer, needs networks that most recipes have no use for. A setting
names them once, with `spare: true`; a recipe that says `a1` finds it, and for all others it is
as if it had not been written: no name is taken, and `teachers` does not count it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kdgraph.lang.recipe import Entry, Function, Recipe
from kdgraph.lang.setting import Setting
from kdgraph.lang.syntax import Name, Syntax


def with_named(setting: Setting, recipe: Recipe) -> Setting:
    """The setting without the spare models that a recipe does not name."""
    named = names(recipe)
    kept = {name: spec for name, spec in setting.models.items() if not spec.spare or name in named}
    return setting if len(kept) == len(setting.models) else replace(setting, models=kept)


def names(recipe: Recipe) -> frozenset[str]:
    """The names that a recipe uses and does not define: sources, words, and models."""
    used = {one.id for tree in _trees(recipe) for one in tree.walk() if isinstance(one, Name)}
    for stage in recipe.stages:
        used |= {name for name, _ in (*stage.trains, *stage.mode)}
    own = {*recipe.where, *recipe.views, *recipe.modules, *recipe.define, *recipe.use}
    lent = {name for other in recipe.use.values() for name in names(other)}
    return frozenset(used | set(recipe.chain)) - own | lent


def _trees(recipe: Recipe) -> Iterator[Syntax]:
    """Every expression of a recipe."""
    yield from (recipe.loss,) if recipe.loss is not None else ()
    sections = (recipe.where, recipe.views, recipe.modules, recipe.metrics, recipe.condense)
    for section in (*sections, *recipe.adapt.values()):
        yield from _values(section)
    for function in recipe.define.values():
        yield from _inside(function)
    for stage in recipe.stages:
        own = (stage.loss, stage.compute, stage.each[1] if stage.each is not None else None)
        yield from (tree for tree in own if tree is not None)


def _values(section: dict[str, Entry]) -> Iterator[Syntax]:
    for entry in section.values():
        yield entry.tree


def _inside(function: Function) -> Iterator[Syntax]:
    yield function.value
    yield from _values(function.where)
