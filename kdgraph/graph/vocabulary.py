"""The functions of the library, read once."""

from __future__ import annotations

from functools import cache

from kdgraph import files
from kdgraph.lang.find import load_text
from kdgraph.lang.read import read_recipe
from kdgraph.lang.recipe import Function


@cache
def library() -> dict[str, Function]:
    """The derived losses of `library.kd`, by name."""
    return read_recipe(load_text(files.library())).define
