"""The line of a recipe that a value was written on, as `icd.kd:7`."""

from __future__ import annotations

from kdgraph.graph.graph import Node
from kdgraph.lang.source import Source, Span


def place(node: Node) -> str:
    """File and line of a value in the user's own recipe; empty where no words stand for it."""
    span = node.here
    return line_of(span) if span is not None and span.text.strip() else ""


def line_of(span: Span) -> str:
    """File and line of some words."""
    return f"{file_of(span.source)}:{span.line}"


def file_of(source: Source) -> str:
    """The name of a file without its folder."""
    return source.path.replace("\\", "/").rsplit("/", 1)[-1]
