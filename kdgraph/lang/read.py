"""A recipe's file to a `Recipe`; every mistake of the file is found in one reading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.graph import Cycle
from kdgraph.lang.errors.names import NameClash, UnknownKey, UnknownRecipe
from kdgraph.lang.errors.text import TooDeep, TooManyFiles, UnreadableFile, WrongShape
from kdgraph.lang.expressions import Collector
from kdgraph.lang.find import find_recipe, load_text
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.sections import read_sections
from kdgraph.lang.shapes import Shapes
from kdgraph.lang.source import Source, Span
from kdgraph.lang.taken import clashes, idle_adaptations
from kdgraph.lang.yaml_tree import read_tree

HIDING = (UnknownKey, WrongShape, UnknownRecipe, UnreadableFile, Cycle, TooManyFiles)
"""mistakes that leave names without the place they stand in"""
DEEPEST_EXTENDS = 10
MOST_FILES = 100


@dataclass(frozen=True)
class Reading:
    """A recipe as far as it can be read, and every mistake of its text."""

    recipe: Recipe
    mistakes: tuple[Diagnostic, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every name has its place, so that the graph is worth a look.

        Expressions that can't be read leave a hole that is never refused; a section that
        can't be read would make unknown names of all that is in it.
        """
        return not any(isinstance(one, HIDING) for one in self.mistakes)


def read_recipe(source: Source) -> Recipe:
    """The recipe that a text holds, on top of those it extends.

    Raises:
        RecipeError: with every mistake of the file.
    """
    reading = read_all(source)
    if reading.mistakes:
        raise RecipeError(*reading.mistakes)
    return reading.recipe


def read_all(
    source: Source, trail: tuple[str, ...] = (), opened: list[str] | None = None
) -> Reading:
    """Like `read_recipe`, with what can be read of a recipe beside its mistakes.

    Args:
        source: the text.
        trail: the files that lead here by `extends` and `use`.
        opened: every file that was read for the first of these, however often.

    Raises:
        RecipeError: the text is no YAML, so that nothing of it can be read.
    """
    collect = Collector()
    tree = read_tree(source, collect.mistakes)
    shapes = Shapes(collect)
    recipe = read_sections(source, shapes, tree)
    mistakes = collect.mistakes
    beside = Path(source.path).parent
    opened = [] if opened is None else opened
    base: Recipe | None = None
    for name, span in shapes.names(tree, "extends", one=True):
        base = _other(name, beside, span, (trail, opened), mistakes)
    use: dict[str, Recipe] = {}
    spans: dict[str, Span] = {}
    for name, span in shapes.names(tree, "use"):
        other = _other(name, beside, span, (trail, opened), mistakes)
        if other is None:
            continue
        if other.called in use:
            mistakes.append(NameClash(span=span, name=other.called, what="a recipe of `use`"))
        use[other.called], spans[other.called] = other, span
    recipe = replace(recipe, use=use, use_spans=spans)
    recipe = recipe.over(base) if base else recipe
    mistakes += [*clashes(recipe), *idle_adaptations(recipe)]
    return Reading(recipe, tuple(sorted(mistakes, key=_place)))


def _place(mistake: Diagnostic) -> int:
    return mistake.span.start if mistake.span else 0


def _other(
    name: str,
    beside: Path,
    span: Span,
    read: tuple[tuple[str, ...], list[str]],
    mistakes: list[Diagnostic],
) -> Recipe | None:
    (before, opened), here = read, span.source.path
    trail = (*before, here)
    if len(opened) >= MOST_FILES:
        if opened[-1] != "":
            mistakes.append(TooManyFiles(span=span, limit=MOST_FILES))
            opened.append("")
        return None
    opened.append(name)
    try:
        path = find_recipe(name, beside, span)
        mistake = _endless(path, name, span, trail)
        if mistake is not None:
            mistakes.append(mistake)
            return None
        reading = read_all(load_text(path), trail, opened)
    except RecipeError as error:
        mistakes.extend(error.diagnostics)
        return None
    mistakes.extend(reading.mistakes)
    return reading.recipe


def _endless(path: Path, name: str, span: Span, trail: tuple[str, ...]) -> Diagnostic | None:
    """The mistake of recipes that extend one another in a circle, or in a very long row."""
    seen = [Path(one).resolve() for one in trail]
    if path.resolve() in seen:
        circle = [*trail[seen.index(path.resolve()) :], name]
        shown = " → ".join(f"`{Path(one).name}`" for one in circle)
        return Cycle(span=span, name=Path(name).name, path=shown)
    if len(trail) > DEEPEST_EXTENDS:
        advice = "extend a recipe that is nearer to the first of them"
        return TooDeep(span=span, limit=DEEPEST_EXTENDS, advice=advice)
    return None
