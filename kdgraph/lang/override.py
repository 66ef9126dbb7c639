"""`--set name=value`: other values for names of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kdgraph.lang.condense import KEYS
from kdgraph.lang.diagnostics import Diagnostic, RecipeError
from kdgraph.lang.errors.foreign import foreign_key, foreign_knob
from kdgraph.lang.errors.names import UnknownOverride
from kdgraph.lang.errors.suggest import nearest, suggest
from kdgraph.lang.parse import expression
from kdgraph.lang.place import Place
from kdgraph.lang.protocol import Protocol
from kdgraph.lang.recipe import Entry, Recipe
from kdgraph.lang.source import Source, Span
from kdgraph.lang.syntax import Syntax, canonical

SECTIONS = ("views", "modules", "metrics", "condense")


def overridden(recipe: Recipe, values: Mapping[str, object]) -> Recipe:
    """The recipe with other values.

    A bare name is one of `where`, `views` or `modules`; `loss` is the loss;
    `condense.keep` is a name of that section.

    Raises:
        RecipeError: there is no such name, or the value can't be read.
    """
    mistakes: list[Diagnostic] = []
    for name, value in values.items():
        try:
            recipe = _set(recipe, name, str(value))
        except RecipeError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise RecipeError(*mistakes)
    return recipe


def adapted(recipe: Recipe, setting: str) -> Recipe:
    """The recipe, and those it uses, with what their sections `adapt` say of one setting."""
    recipe = replace(recipe, use={one: adapted(it, setting) for one, it in recipe.use.items()})
    for name, entry in recipe.adapt.get(setting, {}).items():
        home = next((one for one in ("views", "modules") if name in getattr(recipe, one)), "")
        if home:
            recipe = _in(recipe, home, name, entry)
        else:
            recipe = replace(recipe, where={**recipe.where, name: entry})
    return recipe


def value_tree(name: str, value: str) -> Syntax:
    """The expression after `--set name=`."""
    head = f"--set {name}="
    source = Source("command line", head + value)
    return expression(value, Place(source, lambda offset: len(head) + offset))


def _set(recipe: Recipe, name: str, value: str) -> Recipe:
    tree = value_tree(name, value)
    word = ".".join(map(canonical, name.split(".")))
    entry = Entry(word, Span(tree.span.source, len("--set "), len("--set ") + len(name)), tree)
    if name == "loss":
        return replace(recipe, loss=tree)
    section, _, inner = name.partition(".")
    if inner and section == "condense" and inner not in KEYS:
        advice = suggest(inner, KEYS) or f"`condense` takes {', '.join(KEYS)}"
        raise RecipeError(UnknownOverride(name=name, value=value, advice=advice))
    if inner and section in SECTIONS:
        return _in(recipe, section, canonical(inner), replace(entry, name=canonical(inner)))
    if recipe.knows(word):
        return replace(recipe, where={**recipe.where, word: entry})
    for section in ("views", "modules"):
        if word in getattr(recipe, section):
            return _in(recipe, section, word, entry)
    known = [*recipe.where, *recipe.views, *recipe.modules, *recipe.inner_names, "loss"]
    near = foreign_knob(word, known) or suggest(word, known)
    advice = _placed(name) or near or _keyed(name)
    own = f"the recipe has {', '.join(known)}"
    raise RecipeError(UnknownOverride(name=name, value=value, advice=advice or own))


def _placed(name: str) -> str:
    """Words about a dotted name whose first part is nearly one of a setting."""
    head, dot, rest = name.partition(".")
    section = nearest(head, ("data", "models", "train")) if dot else None
    if section:
        return f"did you mean `{section}.{rest}`?"
    return f"did you mean `models.{name}`?" if head in {"teacher", "student"} else ""


def _keyed(name: str) -> str:
    """Words about a key of `train:` that is written without it."""
    keys = [f"train.{key}" for key in Protocol.model_fields]
    return foreign_key(name, Protocol.model_fields).replace("`", "`train.", 1) or (
        suggest(f"train.{name}", keys) if nearest(name, Protocol.model_fields) else ""
    )


def _in(recipe: Recipe, section: str, name: str, entry: Entry) -> Recipe:
    known: dict[str, Entry] = getattr(recipe, section)
    merged = {**known, name: entry}
    match section:
        case "views":
            return replace(recipe, views=merged)
        case "modules":
            return replace(recipe, modules=merged)
        case "metrics":
            return replace(recipe, metrics=merged)
        case _:
            return replace(recipe, condense=merged)
