"""What memory and draws are given beside their arguments, and what they can't take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.early import late
from kdgraph.graph.frames import pointed
from kdgraph.lang.errors.arguments import WrongKnob
from kdgraph.lang.errors.memory import (
    BatchInOnce,
    DrawsFromValues,
    OtherRows,
    RelaxNeedsOther,
    TooFewOthers,
)
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call
from kdgraph.primitive import Signature

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

Inputs = tuple[tuple[str, int], ...]
NAMED = frozenset({"module", "memory", "draw"})
"""the kinds of words that are something of their own, with a name, wherever they stand"""
EXAMPLES = "examples"
"""the slot of the examples' numbers in draws that are made of these alone"""


def filled_in(
    build: Builder, made: Signature, inputs: Inputs, tree: Call, spans: dict[str, Span]
) -> Inputs:
    """The inputs of a word, with the numbers of the batch's examples where it keeps rows."""
    if made.flag("indexed") and inputs:
        _refuse_rows(build, made, inputs[0], tree, spans)
        return (*inputs, ("i", build.source("i", tree.span)))
    if made.kind == "draw":
        _refuse_values(build, made, inputs, tree, spans)
        if made.flag("numbered"):
            return (*inputs, (EXAMPLES, build.source("i", tree.span)))
    if made.flag("through") and inputs:
        axes = build.graph.node(inputs[0][1]).axes or ()
        if any(axis.rows for axis in axes):
            at = _place(build, inputs[0], tree, spans)
            build.note(BatchInOnce(span=at, word=made.name))
    return inputs


def _place(build: Builder, filled: tuple[str, int], tree: Call, spans: dict[str, Span]) -> Span:
    slot, number = filled
    return pointed(build.graph, number, build.frames, spans.get(slot, tree.span)).span


def _refuse_values(
    build: Builder, made: Signature, inputs: Inputs, tree: Call, spans: dict[str, Span]
) -> None:
    for one in inputs:
        is_view = build.graph.node(one[1]).op.name == "input"
        if not is_view and next(late(build.graph, one[1]), None) is not None:
            at = _place(build, one, tree, spans)
            build.note(DrawsFromValues(span=at, word=made.name))


def _refuse_rows(
    build: Builder, made: Signature, first: tuple[str, int], tree: Call, spans: dict[str, Span]
) -> None:
    axes = build.graph.node(first[1]).axes
    if axes is not None and (not axes or axes[0].size is not None or axes[0].rows not in {"b", ""}):
        at, rows = _place(build, first, tree, spans), str(axes[0]) if axes else "none"
        build.note(OtherRows(span=at, word=made.name, rows=rows))


def check_choice(
    build: Builder, made: Signature, knobs: tuple[tuple[str, object], ...], tree: Call
) -> None:
    """Refuse to leave out as many things as there are."""
    told = dict(knobs)
    n, drop = told.get("n"), told.get("drop")
    if made.flag("step") and isinstance(n, int) and isinstance(drop, int) and 0 < drop >= n:
        at = next((one.value.span for one in tree.keywords if one.name == "drop"), tree.span)
        wanted, advice = f"less than the {n} things there are", "`drop=0` leaves out none"
        build.note(
            WrongKnob(
                span=at, function=made.name, knob="drop", wanted=wanted, found=str(drop),
                advice=advice,
            )
        )  # fmt: skip


def check_pool(
    build: Builder,
    made: Signature,
    inputs: Inputs,
    knobs: tuple[tuple[str, object], ...],
    tree: Call,
) -> None:
    """Refuse to draw more others than there are examples."""
    if not made.flag("pool"):
        return
    told = dict(knobs)
    k, examples = told.get("k"), build.world.examples
    if told.get("mode") == "relax" and "other" not in dict(inputs):
        build.note(RelaxNeedsOther(span=tree.span))
    if examples is None or not isinstance(k, int) or told.get("replace"):
        return
    others = examples - 1
    other, classes = dict(inputs).get("other"), build.world.classes
    if other is not None and classes and told.get("mode") == "exact" and _is_y(build, other):
        others = examples - -(-examples // classes)  # some class has as many, or more
    if k > others:
        build.note(TooFewOthers(span=tree.span, k=k, others=others))


def _is_y(build: Builder, number: int) -> bool:
    op = build.graph.node(number).op
    return op.name == "input" and op.knob("name") == "y"
