"""Views as expressions, and which of them a loss looks at."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph
from kdgraph.graph.views import ViewPlan
from kdgraph.show.number_text import number_text
from kdgraph.viewstep import RAW, ViewStep


def view_text(plan: ViewPlan, name: str) -> str:
    """What makes a view, as one expression over other views.

    The steps inside one expression have names that end in a dot or a number.
    """
    made = {step.name: step for step in plan.steps}
    return _written(made[name], made, set(plan.views)) if name in made else ""


def _written(step: ViewStep, made: dict[str, ViewStep], named: set[str]) -> str:
    inside = [
        one if one in named or one not in made else _written(made[one], made, named)
        for one in step.inputs
    ]
    if step.op == "same":
        return inside[0]
    knobs: list[str] = []
    for key, value in step.knobs:
        if isinstance(value, tuple):
            knobs += [number_text(one) for one in value]
        else:
            knobs.append(f"{key}={number_text(value)}")
    return f"{step.op}({', '.join([*inside, *knobs])})"


def needed_views(plan: ViewPlan, graph: LossGraph) -> list[str]:
    """The views that the graph looks at, and those they are made of, in the recipe's order."""
    made = {step.name: step for step in plan.steps}
    ahead = [str(graph.node(n).op.knob("name")) for n in graph.find("input")]
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in plan.views and name not in found:
            found.add(name)
            ahead += sources(plan, name)
        elif name in made and name not in found:
            ahead += made[name].inputs
    return [name for name in plan.views if name in found]


def sources(plan: ViewPlan, name: str) -> list[str]:
    """The views, or the raw batch, that a view is made of."""
    made = {step.name: step for step in plan.steps}
    ahead = list(made[name].inputs) if name in made else []
    found: list[str] = []
    while ahead:
        one = ahead.pop(0)
        if one == RAW or one in plan.views:
            found.append(one)
        elif one in made:
            ahead += made[one].inputs
    return list(dict.fromkeys(found))


def is_raw(plan: ViewPlan, name: str) -> bool:
    """Whether a view is the batch as it was read."""
    return view_text(plan, name) in {"", RAW}
