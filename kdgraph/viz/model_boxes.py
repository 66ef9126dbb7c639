"""The models as boxes: the views that go in, and the taps that come out."""

from __future__ import annotations

from kdgraph.graph.world import World
from kdgraph.viz.arrows import Drawing
from kdgraph.viz.picture import Arrow, Box
from kdgraph.viz.wording import seen

Forward = tuple[str, int | None]


def model_boxes(drawing: Drawing, world: World) -> tuple[list[Box], list[Arrow]]:
    """A box for each forward of a model: one for all its views, unless they go separately."""
    graph = drawing.graph
    forwards: dict[Forward, list[int]] = {}
    for number in graph.find("tap"):
        forwards.setdefault(_forward(drawing, number), []).append(number)
    boxes: list[Box] = []
    arrows: dict[Arrow, None] = {}
    for (name, view), taps in forwards.items():
        op = graph.node(taps[0]).op
        model, mean = str(op.knob("model")), bool(op.knob("mean"))
        live = world.trains_model(model) and not mean
        network, mode = world.networks[model], "eval" if mean else world.mode(model)
        alone = f"on {seen(graph, view)}" if view is not None else ""
        how = f"average of {model}" if mean else "trained" if live else "frozen"
        words = [network.title, how, alone]
        paths = dict.fromkeys(str(graph.node(one).op.knob("path")) for one in taps)
        facts = (
            ("network", network.title),
            ("trains", "itself" if live else f"nothing: it is in {mode} mode, without gradient"),
            ("taps", ", ".join(paths)),
        )
        box = f"model {name}" if view is None else f"model {name} {view}"
        boxes.append(
            Box(
                box, "model" if live else "frozen_model", name,
                " · ".join(filter(None, words)), tuple(fact for fact in facts if fact[1]),
            )
        )  # fmt: skip
        if mean:
            weights = graph.sources(taps[0])[1]
            arrows[Arrow(drawing.id(weights), box, style="dashed")] = None
        for tap in taps:
            image = graph.sources(tap)[0]
            flows = live and image in drawing.gradient.carries
            arrows[Arrow(drawing.id(image), box, style="solid" if flows else "dashed")] = None
            flows = tap in drawing.gradient.carries
            arrows[Arrow(box, drawing.id(tap), style="solid" if flows else "dashed")] = None
    return boxes, list(arrows)


def _forward(drawing: Drawing, tap: int) -> Forward:
    node = drawing.graph.node(tap)
    view = drawing.graph.sources(tap)[0]
    alone = bool(node.op.knob("alone")) or drawing.graph.node(view).op.name != "input"
    return str(node.op.knob("mean") or node.op.knob("model")), view if alone else None
