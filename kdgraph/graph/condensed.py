"""What a recipe that condenses asks of a stage's graph: a value of each image, held constant."""

from __future__ import annotations

from kdgraph.graph.build import Builder
from kdgraph.graph.graph import Axes, Op
from kdgraph.graph.infer import Inferred
from kdgraph.graph.world import STUDENT, World
from kdgraph.lang.errors.condense import NotPerImage
from kdgraph.lang.recipe import Recipe, Stage

OUTPUT = "condense"
"""the output of a step that holds the values"""


def condenses(recipe: Recipe, stage: Stage, world: World) -> bool:
    """Whether a stage condenses its training set: the stages that train the student do."""
    return bool(recipe.condense) and stage.compute is None and world.trains_model(STUDENT)


def ask_for_values(build: Builder) -> None:
    """Add the value to the graph's outputs: of the training's own forward, and never trained."""
    entry = build.recipe.condense.get("value")
    if entry is None:
        return
    value = build.point(entry.tree, build.top)
    node = build.graph.node(value)
    found = _refused(node.axes)
    if found:
        build.note(NotPerImage(span=entry.tree.span, found=found))
        return
    inferred = Inferred(node.sort, node.axes)
    held = build.add(Op("detach"), (("v", value),), inferred, entry.tree.span)
    build.graph.amend(held, name=OUTPUT)
    build.graph.outputs[OUTPUT] = held


def _refused(axes: Axes | None) -> str:
    """What the axes are, where they are not one number for each image; unknown ones pass."""
    if axes is None:
        return ""
    if not axes:
        return "one number for the whole batch"
    if len(axes) > 1:
        return f"has the axes {', '.join(map(str, axes))}"
    (axis,) = axes
    if axis.rows not in {"", "b"} or axis.size is not None:
        return f"has the axis {axis}"
    return ""
