"""`kdgraph explain`: everything that goes by a name, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kdgraph import files
from kdgraph.data.known import KNOWN as DATA
from kdgraph.graph.vocabulary import library
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.ask import UnknownTopic
from kdgraph.models.added import ADDED
from kdgraph.models.known import KNOWN as MODELS
from kdgraph.registry import REGISTRY
from kdgraph.show import explain_shipped, explain_word
from kdgraph.show.related import related
from kdgraph.show.shipped import mistakes
from kdgraph.show.topics import topic, topics
from kdgraph.show.words_of import FORMS
from kdgraph.sorts import SORTS


def text(name: str) -> str:
    """What goes by a name: a word, a function, a recipe, a mistake, a topic, a network, data.

    Raises:
        RecipeError: nothing does.
    """
    asked = name.strip()
    found = list(_found(asked)) or list(_found(asked.lower()))
    if not found:
        near = related(asked, names())
        advice = near or "`kdgraph list` names what there is; `kdgraph explain recipe` begins"
        raise RecipeError(UnknownTopic(name=asked, advice=advice))
    if topics().get(asked, asked) != asked and len(found) > 1:
        found[-1] = f"More: `kdgraph explain {topics()[asked]}`\n"
    return f"\n{'─' * 80}\n\n".join(found)


Explainer = Callable[[str], Iterator[str]]


def _words(name: str) -> Iterator[str]:
    made = REGISTRY.get(name)
    if made is not None:
        yield explain_word.explain_word(made)
    if name in library():
        yield explain_word.explain_function(library()[name])
    if name in FORMS:
        yield explain_word.explain_form(name)
    if name in SORTS:
        yield explain_word.explain_sort(name)


def _mistakes(name: str) -> Iterator[str]:
    if name.upper() in mistakes():
        yield explain_shipped.explain_mistake(mistakes()[name.upper()])


def _shipped(name: str) -> Iterator[str]:
    for path in _recipes(name):
        yield explain_shipped.explain_recipe(path)
    for path in files.settings():
        if path.stem == name:
            yield explain_shipped.explain_setting(path)
    if name in MODELS:
        yield explain_shipped.explain_model(name)
    if name in ADDED:
        yield explain_shipped.explain_added(ADDED[name])
    if name in DATA:
        yield explain_shipped.explain_data(name)


def _topics(name: str) -> Iterator[str]:
    if name in topics():
        yield topic(name)


EXPLAINERS: tuple[Explainer, ...] = (_words, _mistakes, _shipped, _topics)


def _found(name: str) -> Iterator[str]:
    """Every explanation of a name."""
    for explainer in EXPLAINERS:
        yield from explainer(name)


def _recipes(name: str) -> Iterator[Path]:
    """A shipped recipe by name, or any by its file."""
    if name.endswith(".kd") and Path(name).is_file():
        yield Path(name)
        return
    for path in files.recipes():
        if path.stem == name.removesuffix(".kd"):
            yield path


def names() -> set[str]:
    """Everything that can be asked for."""
    shipped = {path.stem for path in (*files.recipes(), *files.settings())}
    words = {one.name for one in REGISTRY} | set(library()) | set(FORMS) | set(SORTS)
    return words | shipped | set(MODELS) | set(ADDED) | set(DATA) | set(topics()) | set(mistakes())
