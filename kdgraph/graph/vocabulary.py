"""The functions of the library, read once, and the words of plugins that they would hide."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kdgraph import files
from kdgraph.graph.forms import FORMS
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.names import HiddenWord
from kdgraph.lang.find import load_text
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Function
from kdgraph.registry import REGISTRY


@cache
def library() -> dict[str, Function]:
    """The derived losses of `library.kd`, by name."""
    return read_recipe(load_text(files.library())).define


def hidden_words() -> Iterator[Diagnostic]:
    """A mistake for each word of a plugin that no recipe can reach."""
    for word in REGISTRY.added:
        what = "a function of the library" if word.name in library() else "a form of the language"
        if word.kind != "view" and (word.name in FORMS or word.name in library()):
            yield HiddenWord(name=word.name, origin=word.origin, what=what)
