"""Names that are given to a step: what their own expressions would have been."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kdgraph.graph.build import Builder
from kdgraph.graph.graph import Axis
from kdgraph.graph.network import Network
from kdgraph.graph.nodes import TooManyNodesError
from kdgraph.graph.values import Path, Point
from kdgraph.graph.world import Given, World
from kdgraph.lang.errors.names import UnknownModel
from kdgraph.lang.recipe import Function, Recipe
from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Attribute, Name, Syntax
from kdgraph.lang.write import write


def types_of_given(
    recipe: Recipe, library: dict[str, Function], world: World, names: Iterable[str]
) -> dict[str, Given]:
    """Sort and axes of these names, had they been computed.

    Each is built in a graph of its own, which is thrown away. A model that is not there
    because its values are given is taken for one of as many classes as the student. Numbers
    that name rows, such as those of negatives, may be more or fewer than the recipe draws.
    """
    found: dict[str, Given] = {}
    for name in names:
        typed = _typed(recipe, library, world, name)
        if typed is not None:
            found[name] = typed
    return found


def _typed(recipe: Recipe, library: dict[str, Function], world: World, name: str) -> Given | None:
    build, number = _built(recipe, library, world, name)
    absent = {one.name for one in build.mistakes.values() if isinstance(one, UnknownModel)}
    if absent:
        sizes: dict[str, tuple[int, ...]] = {}
        if world.classes is not None:
            sizes["logits"] = (world.classes,)
        there = {one: Network(one, sizes=sizes) for one in absent}
        more = replace(world, networks={**world.networks, **there})
        build, number = _built(recipe, library, more, name)
    if number is None:
        return None
    node = build.graph.node(number)
    if node.op.name == "unknown":
        return None
    axes = node.axes
    if node.sort == "Labels" and axes is not None:  # they are looked up: any number of them will do
        axes = tuple(axis if axis.rows else Axis() for axis in axes)
    return Given(node.sort, axes, _words(recipe, name))


def _built(
    recipe: Recipe, library: dict[str, Function], world: World, name: str
) -> tuple[Builder, int | None]:
    """A builder that has read a name, and the node of it; None where it is no value."""
    build = Builder(
        recipe=recipe, library=library, world=replace(world, given=frozenset(), types={})
    )
    tree = _tree(name)
    try:
        for view in world.views:
            build.view(view, tree.span)
        value = build.value(tree, build.top)
        if isinstance(value, (Point, Path)):
            return build, build.node_of(value, tree)
    except (TooManyNodesError, RecursionError):
        pass  # building the recipe itself says so, if the name is reached at all
    return build, None


def _tree(name: str) -> Syntax:
    """A name as an expression: `w`, or `crd.J` of a recipe in `use`."""
    span = Span(Source("given", name), 0, len(name))
    first, *rest = name.split(".")
    tree: Syntax = Name(span, first)
    for one in rest:
        tree = Attribute(span, tree, one, span)
    return tree


def _words(recipe: Recipe, name: str) -> str:
    """The expression of a name as it is written."""
    *path, last = name.split(".")
    for one in path:
        if name in recipe.where or one not in recipe.use:
            break
        recipe = recipe.use[one]
    entry = recipe.where.get(name) or recipe.where.get(last)
    return write(entry.tree) if entry is not None else ""
