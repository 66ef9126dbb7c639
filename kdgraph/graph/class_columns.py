"""Labels of the data look a column up for each class: there must be as many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.frames import pointed
from kdgraph.lang.errors.arguments import WrongKnob
from kdgraph.lang.errors.sorts import TooFewColumns
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Syntax
from kdgraph.primitive import Signature

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

BY_CLASS = frozenset({"Logits", "Distribution", "LogDistribution"})
"""sorts of values whose columns are classes"""


def check_columns(
    build: Builder,
    made: Signature,
    inputs: tuple[tuple[str, int], ...],
    tree: Syntax,
    spans: dict[str, Span],
) -> None:
    """Refuse `y` beside fewer columns than there are classes; other labels count otherwise.

    Of one column alone no class can be told: inference refuses it.
    """
    classes = build.world.classes
    _refuse_class(build, made, inputs, tree, spans)
    sorts = {slot: one.sort for slot, _ in inputs if (one := made.parameter(slot)) is not None}
    labels = [one for one in inputs if sorts.get(one[0]) == "Labels" and _is_y(build, one[1])]
    if not labels or classes is None or not build.world.counted:
        return
    frames = build.frames
    for slot, number in inputs:
        axes = build.graph.node(number).axes
        size = axes[-1].size if axes else None
        if sorts.get(slot) in BY_CLASS and size is not None and 1 < size < classes:
            build.note(
                TooFewColumns(
                    span=pointed(build.graph, number, frames, spans.get(slot, tree.span)).span,
                    function=frames[0].function if frames else made.name,
                    size=size,
                    classes=classes,
                    other=pointed(
                        build.graph, labels[0][1], frames, spans.get(labels[0][0], tree.span)
                    ).span,
                )
            )


def _refuse_class(
    build: Builder,
    made: Signature,
    inputs: tuple[tuple[str, int], ...],
    tree: Syntax,
    spans: dict[str, Span],
) -> None:
    """Refuse a number as the class of every row where no column has it."""
    slots = [(one, number) for slot, number in inputs if (one := made.parameter(slot)) is not None]
    columns = [
        axes[-1].size
        for one, number in slots
        if one.sort in BY_CLASS and (axes := build.graph.node(number).axes)
    ]
    size = next((one for one in columns if one is not None), None)
    for one, number in slots:
        value = build.graph.node(number).op.knob("value")
        if one.sort != "Labels" or not isinstance(value, (int, float)):
            continue
        if value < 0 or value != int(value) or (size is not None and value >= size):
            at = pointed(build.graph, number, build.frames, spans.get(one.name, tree.span))
            function = build.frames[0].function if build.frames else made.name
            build.note(
                WrongKnob(
                    span=at.span, function=function, knob=at.slot or one.name, found=f"{value:g}",
                    wanted=f"a class from 0 to {size - 1}" if size else "a class, counted from 0",
                    advice="the labels are `y`",
                )
            )  # fmt: skip


def _is_y(build: Builder, number: int) -> bool:
    op = build.graph.node(number).op
    return op.name == "input" and op.knob("name") == "y"
