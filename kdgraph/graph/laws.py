"""What must hold for a whole graph: gradients arrive where something is trained."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.build import Builder
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.graph import NothingTrained, Unreached
from kdgraph.lang.errors.memory import TwoWriters
from kdgraph.lang.errors.names import UnknownPart
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Stage
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Syntax


def graph_mistakes(build: Builder, stage: Stage, loss: Syntax) -> list[Diagnostic]:
    """The mistakes that only the whole graph shows."""
    return [*_idle_terms(build, loss), *_parts(build, stage), *_writers(build)]


def _idle_terms(build: Builder, loss: Syntax) -> Iterator[Diagnostic]:
    graph = build.graph
    for term in graph.terms:
        reached = graph.reach(term.value) | graph.reach(term.weight)
        if any(graph.node(one).op.name in {"unknown", "given"} for one in reached):
            continue
        if not (graph.node(term.value).trained or graph.node(term.weight).trained):
            span = _written(loss, term.name) or graph.node(term.value).here
            yield NothingTrained(span=span, term=term.name)


def _written(loss: Syntax, name: str) -> Span | None:
    """Where a term stands in the loss."""
    return next((one.span for one in loss.walk() if getattr(one, "id", None) == name), None)


def _parts(build: Builder, stage: Stage) -> Iterator[Diagnostic]:
    """Every name of `trains` is something, and some loss reaches it."""
    graph, world = build.graph, build.world
    wanted = {part for term in graph.terms for part in (term.value, term.weight)}
    needed = graph.needed(wanted)
    taps = {
        str(graph.node(one).op.knob("model"))
        for one in needed
        if graph.node(one).op.name in {"tap", "apply"}
    }
    parts = {str(graph.node(one).op.knob("name")) for one in needed} & set(build.parts)
    everything = {*world.networks, *build.parts, *build.recipe.modules, *build.recipe.where}
    for name, span in stage.trains:
        if name not in everything:
            advice = suggest(name, everything) or "name a model, a module or a learned scalar"
            yield UnknownPart(span=span, stage=stage.name, name=name, advice=advice)
        elif name not in taps and not any(p == name or p.startswith(f"{name}.") for p in parts):
            yield Unreached(span=span, part=name)
    if not stage.trains and "student" in world.networks and "student" not in taps and not _open(build):
        yield Unreached(span=stage.span, part="student")


def _open(build: Builder) -> bool:
    graph = build.graph
    return any(graph.node(one).op.name in {"unknown", "given"} for one in graph.dag)


def _writers(build: Builder) -> Iterator[Diagnostic]:
    """No two nodes write one memory."""
    first: dict[str, int] = {}
    graph = build.graph
    for number in graph.order():
        node = graph.node(number)
        for name in node.op.writes:
            if name in first and first[name] != number:
                yield TwoWriters(span=node.here, memory=name, other=graph.node(first[name]).here)
            first.setdefault(name, number)
