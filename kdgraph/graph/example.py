"""A graph from one expression, with a student and a teacher: for documentation and tests."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph
from kdgraph.graph.lossgraph import build_loss
from kdgraph.graph.network import Network
from kdgraph.graph.vocabulary import library
from kdgraph.graph.world import World
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.parse import expression
from kdgraph.lang.recipe import Recipe, Stage
from kdgraph.lang.source import Source, Span


def example(loss: str) -> LossGraph:
    """The graph of a loss.

    Raises:
        RecipeError: the expression has a mistake.
    """
    source = Source("<example>", loss)
    recipe = Recipe(source, loss=expression(loss))
    networks = {name: Network(name) for name in ("teacher", "student")}
    built = build_loss(recipe, Stage("student", Span(source, 0, 0)), library(), World(networks))
    if built.mistakes:
        raise RecipeError(*built.mistakes)
    return built.graph
