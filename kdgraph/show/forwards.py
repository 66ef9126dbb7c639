"""Which views go through which model together, and how far a frozen model is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdgraph.graph.graph import LossGraph, Op
from kdgraph.graph.views import ViewPlan
from kdgraph.show.words import words

if TYPE_CHECKING:
    from kdgraph.lower.step import Step


def forwards(graph: LossGraph, plan: ViewPlan, step: Step | None) -> Iterator[tuple[str, str]]:
    """A row for each forward of a model in the lean graph."""
    for number in graph.find("run"):
        op = graph.node(number).op
        model = str(op.knob("model"))
        views = [source for slot, source in graph.inputs(number) if slot != "weights"]
        seen = [words(graph, one, whole=False) for one in views]
        rows = [view.rows for name in seen if (view := plan.views.get(name)) is not None]
        total = sum(one for one in rows if one is not None)
        known = len(rows) == len(seen) and None not in rows
        many = f", {total} rows an image" if known and total > 1 else ""
        together = " together" if len(seen) > 1 else ""
        taps = [str(tap) for tap in _tuple(op.knob("taps"))]
        how = _frozen(op, taps) if op.knob("frozen") else "; with gradient"
        mode = "; eval mode" if op.knob("rests") else ""
        kept = _kept(step, model) if step is not None and not op.knob("mean") else ""
        line = f"one forward of {', '.join(seen)}{together}{many}, read at {', '.join(taps)}"
        average = f"; the average of {model}" if op.knob("mean") else ""
        yield str(op.knob("mean") or model), f"{line}{average}{how}{mode}{kept}"


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _frozen(op: Op, taps: list[str]) -> str:
    if op.knob("follows"):
        return "; train mode, no gradient"
    if not op.knob("cut"):
        return "; eval mode, no gradient"
    if "logits" in taps:
        return "; eval mode, no gradient; run to its end, where the logits are"
    deepest = "the deepest of " if len(taps) > 1 else ""
    return f"; eval mode, no gradient; cut after {deepest}{', '.join(taps)}"


def _kept(step: Step, model: str) -> str:
    """How much of a cut model is left, and how it was cut."""
    from kdgraph.lower.cut import Cut
    from kdgraph.lower.frozen import everything

    reader = getattr(step.program, model, None)
    for module in everything(reader) if reader is not None else ():
        if isinstance(module, Cut):
            by = "" if module.how == "fx" else f", left by hooks: {module.reason}"
            return f"; {module.kept:.0%} of its weights are used{by}"
    return ""
