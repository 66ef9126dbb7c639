"""Recipes, settings, networks and data sets, explained."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

from kdgraph.data.known import KNOWN as DATA
from kdgraph.graph.vocabulary import library
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.find import load_text
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Recipe
from kdgraph.lang.syntax import Call, Name, Syntax
from kdgraph.lang.wrap import hanging
from kdgraph.models.added import Added
from kdgraph.models.known import KNOWN as MODELS
from kdgraph.models.layout import Sizes
from kdgraph.models.sizes import known_sizes
from kdgraph.registry import REGISTRY
from kdgraph.show.as_written import as_written
from kdgraph.show.columns import WIDTH, section
from kdgraph.show.comment import summary_of
from kdgraph.show.formula import inline
from kdgraph.show.reflow import reflow
from kdgraph.show.shipped import about_data, headline
from kdgraph.show.taps import shape_text

SMALL = (100, 3, 32, 32)  # classes, channels, height and width that networks are told for


def explain_recipe(path: Path) -> str:
    """A recipe: its equation with everything it extends, and the words in it."""
    recipe = read_recipe(load_text(path))
    parts = [
        f"{recipe.name}: {recipe.title}\na recipe{f', {recipe.cite}' if recipe.cite else ''}",
        section("loss", _losses(recipe)),
        section("where", ((one.name, as_written(one.tree)) for one in recipe.where.values())),
        section("views", ((one.name, as_written(one.tree)) for one in recipe.views.values())),
        section("modules", ((one.name, as_written(one.tree)) for one in recipe.modules.values())),
        section("words in it", _words(recipe)),
        section("try", _tries(path.stem)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _losses(recipe: Recipe) -> Iterator[tuple[str, str]]:
    for stage in recipe.stages:
        if stage.loss is not None:
            yield stage.name, as_written(stage.loss)
    if recipe.loss is not None and not any(one.loss for one in recipe.stages):
        yield "total", as_written(recipe.loss)


def _words(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """The words and functions that a recipe calls, with a line each."""
    trees: list[Syntax] = [one.tree for one in recipe.where.values()]
    trees += [one for one in (recipe.loss, *(stage.loss for stage in recipe.stages)) if one]
    called = {
        one.callee.id: None
        for tree in trees
        for one in tree.walk()
        if isinstance(one, Call) and isinstance(one.callee, Name)
    }
    for name in called:
        made = REGISTRY.get(name)
        if name in library():
            yield name, summary_of(library()[name])
        elif made is not None:
            yield name, inline(made.summary).removesuffix(".")


def _tries(name: str) -> Iterator[tuple[str, str]]:
    yield f"kdgraph run {name}", "train it"
    yield f"kdgraph viz {name}", "its graph"
    yield f"kdgraph show {name}", "the plan"


def explain_setting(path: Path) -> str:
    """A setting: the file itself, which is short."""
    source = load_text(path)
    body = "\n".join(f"    {line}".rstrip() for line in source.text.strip().split("\n"))
    return f"{path.stem}\na setting: `--on {path.stem}`\n\n{body}\n"


def explain_model(name: str) -> str:
    """A network of the zoo: its size and its taps."""
    known = MODELS[name]
    classes, channels, height, width = SMALL if known.sample[1] != 1 else (10, 1, 8, 8)
    parameters = f"{known.parameters:,} parameters for {known.sample[0]} classes"
    sizes = known_sizes(name, classes, channels, height, width) or {}
    title = f"taps, for images of {channels}×{height}×{width}"
    about = reflow(f"a network: {known.about}, {parameters}")
    return f"{name}\n{about}\n\n{section(title, _taps(sizes))}\n"


def explain_added(added: Added) -> str:
    """A network of a plugin: what its author says of it, and where it is written."""
    doc = f"\n\n{reflow(added.doc)}" if added.doc else ""
    return f"{added.name}\na network of `{added.origin}`{doc}\n"


def _taps(sizes: Sizes) -> Iterator[tuple[str, str]]:
    """Each alias with its shape; the stages one by one."""
    for alias, found in sizes.items():
        shapes = [one for one in found if isinstance(one, tuple)]
        yield from ((f"{alias}[{at}]", shape_text(one)) for at, one in enumerate(shapes))
        if not shapes:
            yield alias, shape_text(tuple(one for one in found if isinstance(one, int)))


def explain_data(name: str) -> str:
    """A data set: its sizes, and how to come by it."""
    facts = DATA[name]
    get = f"\n\nIn its folder (`data.root`):\n{facts.get}" if facts.get else ""
    shipped = "" if get else "\n\nNothing to download."
    about = textwrap.fill(f"a data set: {about_data(facts)}", WIDTH)
    return f"{name}\n{about}{get}{shipped}\n"


def explain_mistake(kind: type[Diagnostic]) -> str:
    """A mistake: its headline, what it means, and what to do."""
    doc = reflow(inspect.cleandoc(kind.__doc__ or ""))
    advice = "" if "{" in kind.help or not kind.help else f"\n\n{reflow(f'help: {kind.help}')}"
    title = "\n".join(hanging(f"{kind.severity}[{kind.code}]: ", headline(kind), WIDTH))
    return f"{title}\n\n{doc}{advice}\n"
