"""Which words of the user a node of an expanded function comes from."""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.graph.graph import LossGraph
from kdgraph.lang.source import Span


@dataclass(frozen=True)
class Argument:
    """Words that fill a slot; the slot is empty where it is called as it is written."""

    span: Span
    slot: str = ""


@dataclass(frozen=True)
class Frame:
    """A call of a function that is being expanded, and what its arguments made.

    Attributes:
        arguments: nodes, with the words that made them.
        things: what no node stands for, such as collections and models, with their words.
        derived: it is a function of the library, whose sides have a meaning.
    """

    function: str
    span: Span
    arguments: dict[int, Argument]
    things: tuple[tuple[object, Span], ...] = ()
    derived: bool = False


def words_of(thing: object, frames: list[Frame], written: Span) -> Span:
    """Where the user wrote a thing that stands for no node, perhaps as an argument."""
    given = frames[0].things if frames else ()
    return next((span for one, span in given if one is thing), written)


def pointed(graph: LossGraph, number: int, frames: list[Frame], written: Span) -> Argument:
    """Where to point for an input of the node being built.

    Outside of any expansion that is the argument as written. Inside one it is the argument
    of the user's own call that the input was made from; labels only where it is labels itself,
    or was made from nothing else.
    """
    if not frames:
        return Argument(written)
    outer = frames[0]
    seen, queue = {number}, [number]
    beside = Argument(outer.span)
    while queue:
        at = queue.pop(0)
        if at in outer.arguments:
            if at == number or graph.node(at).sort != "Labels":
                return outer.arguments[at]
            beside = outer.arguments[at]
            continue
        inside = [one for one in graph.sources(at) if one not in seen]
        seen.update(inside)
        queue += inside
    return beside
