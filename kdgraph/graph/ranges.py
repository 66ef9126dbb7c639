"""Arguments that are numbers of the wrong size: what a function requires, and temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.arithmetic import COMPARES
from kdgraph.graph.constant import FOLDS
from kdgraph.graph.frames import pointed
from kdgraph.graph.moments import moments
from kdgraph.graph.scope import Scope
from kdgraph.lang.errors.arguments import NegativeTemperature, Required
from kdgraph.lang.parse import expression
from kdgraph.lang.recipe import Function
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Call, Compare, Number, Syntax
from kdgraph.lang.write import write
from kdgraph.primitive import Signature

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder


def meets(build: Builder, function: Function, tree: Call, inner: Scope) -> bool:
    """Whether the numbers of a call are what its function requires; a message where they aren't.

    What is known only while training is not compared, but for the ends of a schedule.
    """
    for condition in function.require:
        number = build.point(condition, inner)
        failed = [when for when, holds in moments(build.graph, number).items() if not holds]
        if not failed:
            continue
        side = _side(condition)
        asked = build.point(side, inner)
        value = moments(build.graph, asked).get(failed[0])
        build.note(
            Required(
                span=pointed(build.graph, asked, build.frames, tree.span).span,
                function=build.frames[0].function,
                condition=write(condition),
                side=write(side),
                value="?" if value is None else f"{value:g}",
                when=failed[0],
            )
        )
        return False
    return True


def _side(condition: Compare) -> Syntax:
    """The side of a comparison that is no plain number."""
    return condition.right if isinstance(condition.left, Number) else condition.left


def check_numbers(
    build: Builder,
    made: Signature,
    knobs: tuple[tuple[str, object], ...],
    inputs: tuple[tuple[str, int], ...],
    spans: dict[str, Span],
    at: Span,
) -> None:
    """Refuse numbers that a word says it can't take, such as bounds in the wrong order."""
    if not made.flag("require"):
        return
    condition = expression(str(made.flag("require")))
    assert isinstance(condition, Compare)
    known = {name: {"": value} for name, value in knobs if isinstance(value, (int, float))}
    known |= {slot: moments(build.graph, number) for slot, number in inputs}
    left, right = (
        {"": side.value} if isinstance(side, Number) else known.get(write(side), {})
        for side in (condition.left, condition.right)
    )
    for when in {**left, **right}:
        one, other = (side.get(when, side.get("")) for side in (left, right))
        if one is None or other is None or FOLDS[COMPARES[condition.op]](one, other):
            continue
        name = write(_side(condition))
        written = build.frames[0].span if build.frames else spans.get(name, at)
        edge = dict(inputs).get(name)
        if edge is not None:
            written = pointed(build.graph, edge, build.frames, written).span
        build.note(
            Required(
                span=written,
                function=build.frames[0].function if build.frames else made.name,
                condition=write(condition),
                side=name,
                value=f"{one if _side(condition) is condition.left else other:g}",
                when=when,
            )
        )
        return


def check_temperatures(
    build: Builder,
    made: Signature,
    inputs: tuple[tuple[str, int], ...],
    spans: dict[str, Span],
    at: Span,
) -> None:
    """Refuse logits that are divided by a number below 0: `softmax(z/T)` with T = −4."""
    for slot, number in inputs:
        parameter = made.parameter(slot)
        if parameter is None or parameter.sort != "Logits":
            continue
        if build.graph.node(number).op.name != "div":
            continue
        _, divisor = build.graph.sources(number)
        for when, value in moments(build.graph, divisor).items():
            if value >= 0 and (value or not when):  # a plain 0 is a division by zero
                continue
            written = build.graph.node(divisor).here or spans.get(slot, at)
            build.note(
                NegativeTemperature(
                    span=pointed(build.graph, divisor, build.frames, written).span,
                    function=build.frames[0].function if build.frames else made.name,
                    value=f"{value:g}",
                    when=when,
                )
            )
            break
