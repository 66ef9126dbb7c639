"""A node whose inputs were compared with what it asks of them."""

from __future__ import annotations

from kdgraph.graph.frames import Argument, pointed
from kdgraph.graph.graph import Op
from kdgraph.graph.infer import Inferred
from kdgraph.graph.nodes import Nodes
from kdgraph.graph.wording import sign_of, told
from kdgraph.lang.errors.misfits import EmptyValue
from kdgraph.lang.errors.sorts import AddsNothing, Reversed, Swapped
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Binary, Compare, Syntax
from kdgraph.registry import REGISTRY

SIDES = ("target", "guess")
"""the slots of a word that declares to be directed"""


def checked(
    build: Nodes,
    op: Op,
    inputs: tuple[tuple[str, int], ...],
    found: Inferred,
    tree: Syntax,
    spans: dict[str, Span] | None = None,
) -> int:
    """Add a node and note what does not fit."""
    swapped = _is_directed(op) and _is_swapped(build, dict(inputs))
    wrong = False
    if found.mistakes or swapped:
        at = _places(build, inputs, tree, spans or {})
        function = build.frames[0].function if build.frames else sign_of(op, tree)
        for diagnostic in told(found.mistakes, function, op, at):
            one = AddsNothing.of(diagnostic) if build.is_in_a_sum else diagnostic
            wrong = wrong or one.severity == "error"
            build.note(one)
        if swapped:
            target, guess = (at[slot].span for slot in SIDES)
            kind = Swapped if any(one.derived for one in build.frames) else Reversed
            build.note(kind(span=target, function=function, other=guess))
    if wrong or _is_given_nothing(build, op, inputs, tree, spans or {}):
        found = Inferred()
    return build.add(op, inputs, found, tree.span)


def _is_given_nothing(
    build: Nodes,
    op: Op,
    inputs: tuple[tuple[str, int], ...],
    tree: Syntax,
    spans: dict[str, Span],
) -> bool:
    """Whether an input holds no numbers, as `v[:, 10:]` of ten columns; a message where it does."""
    for slot, number in inputs:
        axes = build.graph.node(number).axes or ()
        if op.name != "concat" and any(axis.size == 0 for axis in axes):
            place = _places(build, inputs, tree, spans)[slot]
            function = build.frames[0].function if build.frames else sign_of(op, tree)
            shown = ", ".join(map(str, axes))
            build.note(
                EmptyValue(span=place.span, function=function, slot=place.slot or slot, axes=shown)
            )
            return True
    return False


def _places(
    build: Nodes, inputs: tuple[tuple[str, int], ...], tree: Syntax, spans: dict[str, Span]
) -> dict[str, Argument]:
    """The words of the user that fill each slot, knobs included."""
    if isinstance(tree, (Binary, Compare)):
        spans = {"left": tree.left.span, "right": tree.right.span}
    knobs = {
        slot: Argument(build.frames[0].span if build.frames else span)
        for slot, span in spans.items()
    }
    return knobs | {
        slot: pointed(build.graph, source, build.frames, spans.get(slot, tree.span))
        for slot, source in inputs
    }


def _is_directed(op: Op) -> bool:
    word = REGISTRY.get(op.name)
    return word is not None and bool(word.flag("directed"))


def _is_swapped(build: Nodes, filled: dict[str, int]) -> bool:
    """Whether the target of a divergence is trained while its guess is not."""
    first, second = SIDES
    if first not in filled or second not in filled:
        return False
    target, guess = build.graph.node(filled[first]), build.graph.node(filled[second])
    if not target.trained or guess.trained:
        return False
    reached = build.graph.reach(filled[second])
    return not any(build.graph.node(one).op.name in {"unknown", "given"} for one in reached)
