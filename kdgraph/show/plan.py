"""`kdgraph show --as plan`: what the compiler decided about a recipe, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kdgraph.compiler import Analysis
from kdgraph.graph.graph import LossGraph, Node
from kdgraph.graph.tables import TABLE
from kdgraph.graph.world import World
from kdgraph.lang.recipe import Stage
from kdgraph.lang.write import write
from kdgraph.registry import REGISTRY
from kdgraph.show.columns import WIDTH, section
from kdgraph.show.condense_text import condense_rows
from kdgraph.show.decisions import decisions
from kdgraph.show.forwards import forwards
from kdgraph.show.gradient import Gradient, gradient, inside
from kdgraph.show.memory_text import memories
from kdgraph.show.number_text import number_text
from kdgraph.show.part_text import part_text
from kdgraph.show.place import file_of
from kdgraph.show.view_text import is_raw, needed_views, view_text
from kdgraph.show.weight_text import weight_text
from kdgraph.viewstep import RAW

if TYPE_CHECKING:
    from kdgraph.lower.step import Step

Row = tuple[str, str]


def text(analysis: Analysis, stage: str | None = None, *, step: Step | None = None) -> str:
    """The plan of a stage.

    Args:
        analysis: a recipe that was built.
        stage: the name of a stage; the last one otherwise.
        step: the stage compiled over real networks, which tells what they weigh.
    """
    built = analysis.built(stage)
    chosen = next(one for one, made in analysis.stages if made is built)
    world = inside(analysis, chosen)
    made = decisions(built.graph)
    flow = gradient(made.start, world)
    parts = [
        _head(analysis, chosen),
        section("views", _views(analysis, made.graph)),
        section("computes", _table(chosen, made.start)),
        section("forwards", forwards(made.graph, analysis.views, step)),
        section("terms", _terms(made.start, flow)),
        section("left out", made.dropped),
        section("computed once", made.shared),
        section("in log-space", made.stable),
        section("memory", memories(made.start)),
        section("training images, condensed", condense_rows(analysis.recipe, built.graph)),
        section("trained", _trained(made.start, world, flow, step)),
        section("frozen", _frozen(made.start, world, flow)),
        section("passes", made.passes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(analysis: Analysis, stage: Stage) -> str:
    name = file_of(analysis.recipe.source)
    several = f", stage {stage.name}" if len(analysis.stages) > 1 else ""
    networks = analysis.world.networks.values()
    models = ", ".join(f"{one.name} {one.title}".strip() for one in networks)
    return textwrap.fill(f"{name}{several}: {models}", WIDTH, subsequent_indent="  ")


def _table(stage: Stage, graph: LossGraph) -> Iterator[Row]:
    """What a stage computes in place of training."""
    if stage.compute is not None and TABLE in graph.outputs:
        node = graph.node(graph.outputs[TABLE])
        told = f"{write(stage.compute)}: a table, a row for each training image"
        sizes = ", ".join(map(str, node.axes[1:])) if node.axes else ""
        yield stage.name, f"{told}{f', each {sizes} long' if sizes else ''}"


def _views(analysis: Analysis, graph: LossGraph) -> Iterator[Row]:
    """Each view: its expression, its rows, and where its randomness hangs."""
    plan = analysis.views
    for name in needed_views(plan, graph):
        if is_raw(plan, name):
            yield name, "the batch as it was read"
            continue
        rows = plan.views[name].rows
        many = f"; {rows} rows an image" if rows and rows > 1 else ""
        owned = {name, *(s.name for s in plan.steps if s.site.startswith(f"{name}/"))}
        draws = [s.site for s in plan.steps if s.name in owned and _is_random(s.op)]
        random = f"; drawn at {', '.join(draws)}" if draws else ""
        yield name, f"{view_text(plan, name) or RAW}{many}{random}"


def _is_random(op: str) -> bool:
    word = REGISTRY.get(op)
    return word is not None and bool(word.flag("random"))


def _terms(graph: LossGraph, flow: Gradient) -> Iterator[Row]:
    """Each term: its weight, and what its gradient reaches."""
    for term in graph.terms:
        reached = flow.trains.get(term.value, frozenset())
        trains = ", ".join(name for name in _order(graph) if name in reached)
        weight = weight_text(graph, term)
        yield term.name, f"weight {weight}; trains {trains or 'nothing'}"


def _order(graph: LossGraph) -> list[str]:
    """Models, then modules and scalars, as the graph has them."""
    models, parts = dict[str, None](), dict[str, None]()
    for number in graph.order():
        op = graph.node(number).op
        if op.name in {"tap", "apply"}:
            models[str(op.knob("model"))] = None
        elif _is_part(graph.node(number)):
            parts[str(op.knob("name"))] = None
    return [*models, *parts]


def _is_part(node: Node) -> bool:
    word = REGISTRY.get(node.op.name)
    return node.op.name == "param" or (word is not None and word.kind == "module")


def _reached(graph: LossGraph, flow: Gradient) -> frozenset[str]:
    values = {part for term in graph.terms for part in (term.value, term.weight)}
    return frozenset().union(*(flow.trains.get(one, frozenset()) for one in values))


def _trained(graph: LossGraph, world: World, flow: Gradient, step: Step | None) -> Iterator[Row]:
    """What the stage trains, with what it is."""
    reached = _reached(graph, flow)
    counts: dict[str, int] = {}
    for part, name, parameter in step.trained() if step is not None else ():
        key = part if part in world.networks else name
        counts[key] = counts.get(key, 0) + parameter.numel()
    for name in _order(graph):
        if name in reached:
            count = sum(n for k, n in counts.items() if k == name or k.startswith(f"{name}."))
            size = f", {count:,} parameters" if count else ""
            yield name, f"{_described(graph, world, name)}{size}"


def _frozen(graph: LossGraph, world: World, flow: Gradient) -> Iterator[Row]:
    """What the loss uses and does not train."""
    reached = _reached(graph, flow)
    for name in _order(graph):
        if name not in reached:
            yield name, f"{_described(graph, world, name)}: {_reason(world, name)}"


def _reason(world: World, name: str) -> str:
    model = name in world.networks
    if model and not world.trains_model(name):
        return f"{world.mode(name)} mode, no gradient"
    if not model and not world.trains_part(name):
        return "not trained in this stage"
    return "no gradient reaches it"


def _described(graph: LossGraph, world: World, name: str) -> str:
    if name in world.networks:
        return world.networks[name].title or "a model"
    for number in graph.order():
        node = graph.node(number)
        if _is_part(node) and node.op.knob("name") == name:
            if node.op.name == "param":
                return f"learned, starts at {number_text(node.op.knob('start'))}"
            return part_text(graph, number)
    return ""
