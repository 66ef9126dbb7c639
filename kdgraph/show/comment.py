"""The comment above a function of the library, which is its documentation."""

from __future__ import annotations

from kdgraph.lang.recipe import Function
from kdgraph.show.as_written import as_written


def comment_lines(function: Function) -> list[str]:
    """The lines of comment over a function, or over the group of functions it stands in."""
    lines = function.key.source.text.split("\n")
    at = function.key.line - 2
    while at >= 0 and lines[at].strip() and not _is_comment(lines[at]):
        at -= 1
    found: list[str] = []
    while at >= 0 and _is_comment(lines[at]):
        found.insert(0, lines[at].strip().removeprefix("#").strip())
        at -= 1
    return found


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def comment_of(function: Function) -> str:
    """The comment as one paragraph.

    >>> from kdgraph.graph.vocabulary import library
    >>> comment_of(library()["sp"]).split(":")[0]
    'Mean squared difference of which images two networks find alike'
    """
    return " ".join(comment_lines(function))


def summary_of(function: Function) -> str:
    """The first sentence of a function's own comment; without one, what it computes."""
    above = function.key.source.text.split("\n")[function.key.line - 2]
    if _is_comment(above):
        return comment_of(function).partition(". ")[0].removesuffix(".")
    return f"= {as_written(function.value)}"
