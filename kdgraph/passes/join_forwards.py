"""One forward of each model a step: all its views in one batch, all its taps at once."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.graph.graph import LossGraph, Op
from kdgraph.passes.rewrite import swept

Who = tuple[str, str]
"""a model, and the name of the memory that holds its weights, if they are an average"""


def join_forwards(graph: LossGraph) -> LossGraph:
    """Replace the taps of a model by one `run` of it and a `take` for each tap.

    The views that a model sees go through it together, in the order of the batch's views:
    batch norm makes that observable. A view that is one row of each image of another view
    is a slice of that one's forward. A model that this stage does not train is frozen; where
    its view is trained, the gradient goes through it all the same. A view
    that memory or another value supplies runs on its own, after what it needs.

    >>> from kdgraph.graph.example import example
    >>> print(join_forwards(example("mean(student.logits) + mean(student.features)")))
    %0 = input(name=x) : Image[…]
    %1 = run(%0, model=student, taps=[logits, features]) : Tensor[…]
    %2 = take(%1, place=0, tap=logits) : Logits[b, ?]
    %3 = mean(%2, over=none) : Scalar
    %4 = take(%1, place=0, tap=features) : Embedding[b, ?]
    %5 = mean(%4, over=none) : Scalar
    %6 = const(value=1) : Scalar
    %7 = const(value=1) : Scalar
    term mean(student.logits) = %6 · %3
    term mean(student.features) = %7 · %5
    """
    made, new = LossGraph(), dict[int, int]()
    views = [number for number in graph.order() if graph.node(number).op.name == "input"]
    for number in views:
        new[number] = made.add(graph.node(number))
    taps = _taps(graph)
    runs: dict[tuple[Who, tuple[int, ...]], int] = {}
    for number in graph.order():
        node = graph.node(number)
        if number in new:
            continue
        if node.op.name != "tap":
            inputs = tuple((slot, new[source]) for slot, source in graph.inputs(number))
            new[number] = made.add(node, inputs)
            continue
        model, view = _who(graph, number), graph.sources(number)[0]
        together = _together(graph, model, view, views)
        if (model, together) not in runs:
            through = (("through", True),) if node.op.knob("through") else ()
            frozen = () if node.trained and not through else (("frozen", True),)
            told = ((word, node.op.knob(word)) for word in ("follows", "rests", "mean"))
            mode = tuple((word, value) for word, value in told if value)
            op = Op("run", (("model", model[0]), ("taps", taps[model]), *frozen, *mode, *through))
            slots = tuple((f"view{place}", new[one]) for place, one in enumerate(together))
            weights = tuple(("weights", new[one]) for one in graph.sources(number)[1:])
            run = replace(node, op=op, sort="Tensor", axes=None, name="")
            runs[model, together] = made.add(run, (*slots, *weights))
        base = view if view in together else _base(graph, view, together)
        knobs = (("place", together.index(base)), ("tap", node.op.knob("path")))
        take = replace(node, op=Op("take", knobs))
        new[number] = made.add(take, (("run", runs[model, together]),))
        if base != view:
            new[number] = made.add(replace(node, op=_slice(graph, view)), (("value", new[number]),))
    made.terms = tuple(t.moved(new) for t in graph.terms)
    made.outputs = {name: new[number] for name, number in graph.outputs.items()}
    return swept(made)


def _who(graph: LossGraph, tap: int) -> Who:
    """The model of a tap, and the memory of its weights where they are an average."""
    op = graph.node(tap).op
    return str(op.knob("model")), str(op.knob("mean") or "")


def _taps(graph: LossGraph) -> dict[Who, tuple[str, ...]]:
    """The taps of each model, in the order they are asked for."""
    found: dict[Who, dict[str, None]] = {}
    for number in graph.find("tap"):
        path = graph.node(number).op.knob("path")
        found.setdefault(_who(graph, number), {})[str(path)] = None
    return {model: tuple(paths) for model, paths in found.items()}


def _together(graph: LossGraph, model: Who, view: int, views: list[int]) -> tuple[int, ...]:
    """The views that go through a model in one batch with this one."""
    if view not in views:
        return (view,)
    seen = {
        graph.sources(number)[0]: bool(graph.node(number).op.knob("alone"))
        for number in graph.find("tap")
        if _who(graph, number) == model
    }
    if seen[view]:
        return (view,)
    joint = tuple(one for one in views if one in seen and not seen[one])
    return tuple(one for one in joint if _base(graph, one, joint) == one)


def _base(graph: LossGraph, view: int, joint: tuple[int, ...]) -> int:
    """The view of the batch that holds this one's rows, if it goes through the model as well."""
    name = graph.node(view).op.knob("of")
    return next((one for one in joint if graph.node(one).op.knob("name") == name), view)


def _slice(graph: LossGraph, view: int) -> Op:
    op = graph.node(view).op
    return Op("each_row", (("row", op.knob("row")), ("rows", op.knob("rows"))))
