"""What must hold for a whole graph: gradients arrive where something is trained."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.build import Builder
from kdgraph.graph.constant import FOLDS, constant
from kdgraph.graph.graph import LossGraph, Term
from kdgraph.lang.diagnostics import Diagnostic
from kdgraph.lang.errors.graph import NothingTrained, Unreached
from kdgraph.lang.errors.memory import TwoWriters
from kdgraph.lang.errors.names import UnknownPart
from kdgraph.lang.errors.suggest import suggest
from kdgraph.lang.recipe import Stage
from kdgraph.lang.source import Span
from kdgraph.lang.syntax import Syntax

NUMBERS = frozenset({"const", "clock"})


def graph_mistakes(build: Builder, stage: Stage, loss: Syntax) -> list[Diagnostic]:
    """The mistakes that only a whole graph shows, of a stage whose parts are all known."""
    idle = list(_idle_terms(build, stage, loss))
    unreached = _unreached(build, stage, loss) if len(idle) < len(build.graph.terms) else ()
    return [*idle, *unreached, *_writers(build)]


def _idle_terms(build: Builder, stage: Stage, loss: Syntax) -> Iterator[Diagnostic]:
    graph = build.graph
    here, trained = "", NothingTrained.trained
    if stage.trains:
        here = f" in stage `{stage.name}`"
        trained = " or ".join(f"`{name}`" for name, _ in stage.trains)
    fixed = [term for term in graph.terms if _is_fixed(graph, term)]
    for term in graph.terms:
        if term in fixed and len(fixed) < len(graph.terms):
            continue
        if 0.0 in {constant(graph, term.weight), constant(graph, term.value)}:
            continue  # dropped, as if it had never been written
        reached = graph.reach(term.value) | graph.reach(term.weight)
        if any(graph.node(one).op.name in {"unknown", "given"} for one in reached):
            continue
        if not (graph.node(term.value).trained or graph.node(term.weight).trained):
            span = _written(loss, term.name) or graph.node(term.value).here
            yield NothingTrained(span=span, term=term.name, stage=here, trained=trained)


def _is_fixed(graph: LossGraph, term: Term) -> bool:
    """Whether a term is a number, or a schedule, and is meant to be: the 1 of `1 - mean(…)`."""
    reached = (graph.node(one) for one in graph.reach(term.value) | graph.reach(term.weight))
    return all(node.op.name in NUMBERS or node.op.name in FOLDS for node in reached)


def _written(loss: Syntax, name: str) -> Span | None:
    """Where a term stands in the loss."""
    return next((one.span for one in loss.walk() if getattr(one, "id", None) == name), None)


def unknown_parts(build: Builder, stage: Stage) -> Iterator[Diagnostic]:
    """Names of `trains` that are nothing."""
    everything = {
        *build.world.networks, *build.parts, *build.recipe.modules, *build.recipe.where,
    }  # fmt: skip
    for name, span in stage.trains:
        inside = any(part.startswith(f"{name}.") for part in build.parts)
        if name not in everything and not inside:
            advice = suggest(name, everything) or "name a model, a module or a learned scalar"
            yield UnknownPart(span=span, stage=stage.name, name=name, advice=advice)


def _unreached(build: Builder, stage: Stage, loss: Syntax) -> Iterator[Diagnostic]:
    """What is trained, and no loss reaches."""
    graph = build.graph
    needed = graph.needed({part for term in graph.terms for part in (term.value, term.weight)})
    taps = {
        str(graph.node(one).op.knob("model"))
        for one in needed
        if graph.node(one).op.name in {"tap", "apply"}
    }
    parts = {str(graph.node(one).op.knob("name")) for one in needed} & set(build.parts)
    if _open(build):
        return
    for name, span in stage.trains:
        if name not in taps and not any(p == name or p.startswith(f"{name}.") for p in parts):
            yield Unreached(span=span, part=name)
    if not stage.trains and "student" in build.world.networks and "student" not in taps:
        advice = "use it in the loss, or name what is trained in `stages`"
        yield Unreached(span=loss.span, part="student", advice=advice)


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
