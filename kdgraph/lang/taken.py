"""Names that a recipe gives away: none is taken already, none changes nothing."""

from __future__ import annotations

from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.names import NameClash, UnknownName
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Recipe

RAW = "image"
RESERVED = {
    **dict.fromkeys(("y",), "the labels"),
    "i": "the index of an example",
    **dict.fromkeys(("epoch", "epochs", "step"), "the clock"),
    **dict.fromkeys(("classes", "examples"), "a size of the data"),
    "teachers": "the collection of all teachers",
    "chain": "the list of models in `chain:`",
    **dict.fromkeys(("true", "false", "none"), "a word of the language"),
}
"""names that a recipe can't give away"""


def idle_adaptations(recipe: Recipe) -> list[Diagnostic]:
    """Names of `adapt` that are none of the recipe: the setting would change nothing."""
    known = {*recipe.where, *recipe.views, *recipe.modules, *recipe.inner_names}
    return [
        UnknownName(
            span=entry.key,
            name=name,
            advice=suggest(name, known) or "`adapt` gives names of the recipe other values",
        )
        for entries in recipe.adapt.values()
        for name, entry in entries.items()
        if name not in known and entry.key.source == recipe.source
    ]


def clashes(recipe: Recipe) -> list[Diagnostic]:
    """Names that would hide one another."""
    mistakes: list[Diagnostic] = []
    taken: dict[str, str] = dict(RESERVED)
    sections = ((recipe.views, "a view"), (recipe.modules, "a module"), (recipe.where, "a value"))
    mistakes += [
        NameClash(span=function.key, name=name, what="a module")
        for name, function in recipe.define.items()
        if name in recipe.modules and function.key.source == recipe.source
    ]
    computed = {one.name: one for one in recipe.stages if one.compute is not None}
    mistakes += [
        NameClash(span=stage.span, name=name, what=what)
        for name, stage in computed.items()
        for entries, what in sections
        if name in entries and stage.span.source == recipe.source
    ]
    if RAW in recipe.views and recipe.views[RAW].key.source == recipe.source:
        at = recipe.views[RAW].key
        mistakes.append(NameClash(span=at, name=RAW, what="the images as they are stored"))
    for entries, what in sections:
        for name, entry in entries.items():
            if name in taken and entry.key.source == recipe.source:
                mistakes.append(NameClash(span=entry.key, name=name, what=taken[name]))
            taken.setdefault(name, what)
            if name in recipe.use:
                spans = (entry.key, recipe.use_spans[name])
                here = next((one for one in spans if one.source == recipe.source), None)
                if here is not None:
                    what_ = "a recipe of `use`"
                    mistakes.append(NameClash(span=here, name=name, what=what_))
    mistakes += [
        UnknownName(
            span=entry.key,
            name=name,
            advice=suggest(name, recipe.inner_names)
            or "a name with a dot is one of a recipe in `use`",
        )
        for name, entry in recipe.where.items()
        if "." in name and not recipe.knows(name) and entry.key.source == recipe.source
    ]
    return mistakes
