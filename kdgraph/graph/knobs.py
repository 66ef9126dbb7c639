"""Knobs: static values, computed from numbers, sizes and names of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.constant import TooLargeError, constant
from kdgraph.graph.graph import LossGraph, shown_count
from kdgraph.graph.scope import Bound, Scope
from kdgraph.graph.values import Path, Point, Unknown
from kdgraph.lang.errors.arguments import MovingKnob, WrongKnob
from kdgraph.lang.errors.graph import TooLarge
from kdgraph.lang.grow import LARGEST
from kdgraph.lang.syntax import Name, Negative, Number, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Parameter

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

LARGEST_WHOLE = 10**8
"""of a knob: how many things there are, or how large they are"""
TRUTH = {"true": True, "false": False}


def knob_of(
    build: Builder,
    function: str,
    slot: Parameter,
    tree: Syntax,
    scope: Scope,
    advice: str = WrongKnob.advice,
) -> object:
    """The static value of a knob; None where only the real networks can tell it."""
    value = _word(slot, tree, scope)
    if value is None:
        value = static(build, tree, scope, function, slot.name)
        if value is None:
            return None
    if value == "none" and slot.default is None:
        return None
    if slot.type.whole and isinstance(value, float) and value.is_integer():
        value = int(value)
    if slot.type.whole and isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        most = shown_count(LARGEST_WHOLE)
        build.note(TooLarge(span=tree.span, what=f"`{write(tree)}` is larger than {most}"))
        return None
    if not slot.type.takes(value):
        build.note(
            WrongKnob(
                span=tree.span,
                function=function,
                knob=slot.name,
                wanted=slot.type.words,
                found=_found(tree, value),
                advice=advice,
            )
        )
        return None if slot.default is slot else slot.default if not slot.is_required else None
    return value


def _found(tree: Syntax, value: object) -> str:
    """What was written, and what it comes to where that is not the same."""
    text = write(tree)
    return f"`{text}` is {value:g}" if isinstance(value, float) and _is_name(tree) else text


def _is_name(tree: Syntax) -> bool:
    return not isinstance(tree, (Number, Negative))


def _word(slot: Parameter, tree: Syntax, scope: Scope) -> object | None:
    """A bare word, such as `reduce=none` or `bias=false`."""
    word = bare(tree, scope)
    if word in TRUTH and slot.type.takes(TRUTH[word]):
        return TRUTH[word]
    return word if word == "none" or not slot.type.numeric else None


def bare(tree: Syntax, scope: Scope) -> str | None:
    """A name that no scope knows, such as `none`; followed through the arguments of functions."""
    if not isinstance(tree, Name):
        return None
    owner = scope.find(tree.id)
    bound = owner.bound.get(tree.id) if owner else None
    if isinstance(bound, Bound):
        return bare(bound.tree, bound.scope)
    return tree.id if owner is None else None


def static(build: Builder, tree: Syntax, scope: Scope, function: str, knob: str) -> float | None:
    """The number a piece of an expression is; None where it is not known yet."""
    value = build.value(tree, scope)
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Path):
        value = Point(build.node_of(value, tree))
    if not isinstance(value, Point):
        build.node_of(value, tree)
        return None
    try:
        number = constant(build.graph, value.number)
    except TooLargeError:
        build.note(TooLarge(span=tree.span, what=f"`{write(tree)}` is larger than {LARGEST:g}"))
        return None
    if number is None and not _is_open(build, value.number):
        build.note(MovingKnob(span=tree.span, function=function, knob=knob))
    return number


def _is_open(build: Builder, number: int) -> bool:
    """Whether a value is unknown only because sizes of the real networks are."""
    graph = build.graph
    return any(
        op.name == "unknown" or (op.name == "size" and not _is_of_batch(graph, one))
        for one in graph.reach(number)
        for op in [graph.node(one).op]
    )


def _is_of_batch(graph: LossGraph, number: int) -> bool:
    """Whether a size is that of a batch, which differs from step to step."""
    at, sources = graph.node(number).op.knob("at"), graph.sources(number)
    axes = graph.node(sources[0]).axes if sources else None
    return axes is not None and isinstance(at, int) and bool(axes[at].rows)
