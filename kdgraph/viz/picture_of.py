"""A recipe's loss graph as a picture: what the total is made of, and what trains what.

The graph is the one that was built, before the passes: it has the recipe's names, and nothing
in it was rewritten. Terms of weight zero are left out, as the compiler leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kdgraph.compiler import Analysis
from kdgraph.graph.graph import LossGraph
from kdgraph.graph.tables import TABLE
from kdgraph.graph.world import World
from kdgraph.lang.recipe import Stage
from kdgraph.lang.syntax import Negative, Number
from kdgraph.passes.drop_dead import drop_dead
from kdgraph.show.as_written import as_written
from kdgraph.show.condense_text import condense_rows
from kdgraph.show.gradient import gradient, inside
from kdgraph.show.place import file_of, line_of, place
from kdgraph.show.weight_text import bare, weight_text
from kdgraph.viz.arrows import Drawing, drawn_arrows
from kdgraph.viz.facts import facts
from kdgraph.viz.folding import folded, is_memory, is_part, schedules
from kdgraph.viz.model_boxes import model_boxes
from kdgraph.viz.picture import Arrow, Box, Kind, Picture
from kdgraph.viz.views_of import view_boxes
from kdgraph.viz.wording import detail, title

TOTAL = "total"


def picture_of(analysis: Analysis, stage: str | None = None, *, subtitle: str = "") -> Picture:
    """The picture of a stage's loss.

    Args:
        analysis: a recipe that was built.
        stage: the name of a stage; the last one otherwise.
        subtitle: what stands before the models under the title, such as the setting.
    """
    built = analysis.built(stage)
    chosen = next(one for one, made in analysis.stages if made is built)
    world = inside(analysis, chosen)
    outputs = {k: v for k, v in built.graph.outputs.items() if not k.startswith("metric ")}
    graph = drop_dead(replace(built.graph, outputs=outputs))
    drawing = Drawing(graph, folded(graph), gradient(graph, world))
    shapes = drawing.input_shapes()
    views, from_views = view_boxes(analysis.views, graph, shapes, analysis.recipe)
    models, from_models = model_boxes(drawing, world)
    boxes = [*views, *models, *_values(drawing, analysis, world), _total(analysis, chosen, graph)]
    arrows = [*from_views, *from_models, *drawn_arrows(drawing), *_weighted(drawing)]
    return Picture(
        title=analysis.recipe.title or analysis.recipe.name,
        subtitle=_subtitle(analysis, chosen, subtitle),
        boxes=tuple(boxes),
        arrows=tuple(arrows),
        recipe=analysis.recipe.source.text,
        notes=tuple(_notes(analysis, built.graph, graph, drawing)),
        recipe_path=analysis.recipe.source.path,
    )


def _values(drawing: Drawing, analysis: Analysis, world: World) -> Iterator[Box]:
    """A box for each value that is drawn, and a pill for each term that is no box itself."""
    graph = drawing.graph
    timed = schedules(graph)
    for number in drawing.folding.boxes():
        node = graph.node(number)
        if drawing.is_view(number):
            continue
        name = title(graph, number, drawing.folding)
        trains = drawing.gradient.trains.get(number, frozenset())
        found = facts(node, analysis.recipe, [one for one in drawing.order if one in trains])
        term = drawing.term_of.get(number)
        if term is not None:
            name, found = term.name, (("weight", weight_text(graph, term)), *found)
        words = detail(graph, number, drawing.folding, world)
        outputs = [o for o, at in graph.outputs.items() if at == number and o != name]
        words = " · ".join([*outputs, *([words] if words != name else [])])
        kind = "schedule" if number in timed else _kind(drawing, number)
        yield Box(drawing.id(number), kind, name, words, found, place(node))
    for term in drawing.pills:
        yield Box(
            f"term {term.name}", "term", term.name, "", (("weight", weight_text(graph, term)),)
        )


def _kind(drawing: Drawing, number: int) -> Kind:
    node = drawing.graph.node(number)
    if number in drawing.term_of:
        return "term"
    if node.op.name in {"input", "given"}:
        return "input"
    if node.op.name in {"tap", "apply"}:
        return "tap" if number in drawing.gradient.carries else "frozen_tap"
    learns = str(node.op.knob("name")) in drawing.gradient.trains.get(number, frozenset())
    if node.op.name == "param":
        return "param"
    if is_part(node):
        return "module" if learns else "frozen_module"
    return "memory" if is_memory(node) else "op"


def _total(analysis: Analysis, stage: Stage, graph: LossGraph) -> Box:
    loss = stage.compute or stage.loss or analysis.recipe.loss
    words = as_written(loss) if loss is not None else ""
    terms = ", ".join(f"{one.factor or 1}·{one.name}" for one in graph.terms)
    line = line_of(loss.span) if loss is not None else ""
    facts = (("definition", words), ("terms", terms)) if terms else (("definition", words),)
    title = "total" if stage.compute is None else "table"
    return Box(TOTAL, "total", title, words, facts, line)


def _weighted(drawing: Drawing) -> Iterator[Arrow]:
    """From each term into the total, or from what a stage computes into its table."""
    if TABLE in drawing.graph.outputs:
        yield Arrow(drawing.id(drawing.graph.outputs[TABLE]), TOTAL, style="dashed")
    for term in drawing.graph.terms:
        if term.value not in drawing.folding.owner:
            continue  # a number, which the text of the total shows
        source = f"term {term.name}" if term in drawing.pills else drawing.id(term.value)
        yield Arrow(source, TOTAL, bare(term.factor) or "1", "weight")
    for term in drawing.pills:
        flows = term.value in drawing.gradient.carries
        yield Arrow(
            drawing.id(term.value), f"term {term.name}", style="solid" if flows else "dashed"
        )


def _subtitle(analysis: Analysis, stage: Stage, words: str) -> str:
    recipe = analysis.recipe
    networks = analysis.world.networks.values()
    models = ", ".join(f"{one.name} {one.title}" for one in networks if one.title)
    several = f"stage {stage.name}" if len(analysis.stages) > 1 else ""
    return " · ".join(filter(None, [file_of(recipe.source), recipe.cite, words, models, several]))


def _notes(
    analysis: Analysis, whole: LossGraph, graph: LossGraph, drawing: Drawing
) -> Iterator[str]:
    where_ = analysis.recipe.where
    numbers = [
        f"{name} = {as_written(entry.tree)}"
        for name, entry in where_.items()
        if isinstance(entry.tree, Number)
        or (isinstance(entry.tree, Negative) and isinstance(entry.tree.value, Number))
    ]
    if numbers:
        yield f"Numbers: {', '.join(numbers)}."
    if drawing.trained:
        yield f"Trained: {', '.join(drawing.trained)}."
    kept = {term.name for term in graph.terms}
    dropped = [f"`{term.name}`" for term in whole.terms if term.name not in kept]
    if dropped:
        yield f"Left out, since the weight or the value is 0: {', '.join(dropped)}."
    condensed = dict(condense_rows(analysis.recipe, whole))
    if condensed:
        yield f"Condensed: {condensed['keep']}, in {condensed['rounds']}."
    if any(is_memory(graph.node(number)) for number in drawing.folding.boxes()):
        yield "Memory is read as it was before the step; the commit after the step writes it."
