"""The words of the language by kind, each with one line about it."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.vocabulary import library
from kdgraph.registry import REGISTRY
from kdgraph.show.comment import summary_of
from kdgraph.show.formula import inline

FORMS = {
    "learn": "a parameter of the recipe: `learn(1.0)`, `learn(5, shape=channels(f))`",
    "width": "the size of the last axis, of maps the channels",
    "channels": "the channels of maps",
    "height": "the height of maps",
    "columns": "the size of the last axis",
    "rows": "the size of the first axis",
    "count": "how many things a collection has",
    "zip": "the first with the first, the second with the second, …",
    "before": "the models of the chain that come before one: `before(m)`",
    "origin": "which image of the batch each row of a view comes from",
    "part": "which row of its image each row of a view is",
    "share": "how much of its first image a mixed view shows: `share(m)`",
}
"""what the language itself gives a meaning to; sizes are numbers when the graph is built"""

KINDS = {
    "primitive": "functions of tensors",
    "module": "modules, with weights of their own",
    "memory": "memory, read in one step and written by its commit",
    "draw": "draws, made before each step",
    "compute": "of all training images at once, in `compute:` of a stage",
    "view": "augmentations, in `views:`",
}


def kinds() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A heading and its words, kind by kind."""
    for kind, heading in KINDS.items():
        rows = [
            (one.name, inline(one.summary).removesuffix("."))
            for one in REGISTRY
            if one.kind == kind
        ]
        if rows:
            yield heading, rows
    yield "sizes, origins and parameters", sorted(FORMS.items())
    functions = [(one.name, summary_of(one)) for one in library().values()]
    yield "functions of the library, written in the language", sorted(functions)
