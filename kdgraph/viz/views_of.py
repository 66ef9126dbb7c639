"""The views of a recipe as boxes: which augmentation of what."""

from __future__ import annotations

from kdgraph.graph.graph import LossGraph
from kdgraph.graph.views import ViewPlan
from kdgraph.lang.recipe import Recipe
from kdgraph.show.place import line_of
from kdgraph.show.view_text import is_raw, needed_views, sources, view_text
from kdgraph.viewstep import RAW
from kdgraph.viz.picture import Arrow, Box, Kind


def view_boxes(
    plan: ViewPlan, graph: LossGraph, shapes: dict[str, str], recipe: Recipe
) -> tuple[list[Box], list[Arrow]]:
    """Boxes for the views in use; the raw batch has one where several views are made of it.

    Args:
        plan: the views.
        graph: the loss, whose inputs they are.
        shapes: the shape of each view that is an input.
        recipe: says where each view is written.
    """
    names = needed_views(plan, graph)
    from_raw = [name for name in names if RAW in sources(plan, name)]
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    if len(names) > 1:
        boxes.append(Box(box_id(RAW), "input", RAW, "the batch as it was read"))
        arrows += [Arrow(box_id(RAW), box_id(name), style="dashed") for name in from_raw]
    for name in names:
        words = view_text(plan, name)
        view = plan.views[name]
        rows = f"{view.rows} rows an image" if view.rows and view.rows > 1 else ""
        if is_raw(plan, name):
            detail = " ".join(filter(None, ["batch", shapes.get(name) or "of images"]))
        else:
            detail = " · ".join(filter(None, [words, shapes.get(name) or rows]))
        facts = (("definition", words), ("shape", shapes.get(name, "")), ("rows", rows))
        kind: Kind = "input" if is_raw(plan, name) else "view"
        known = tuple(one for one in facts if one[1])
        entry = recipe.views.get(name)
        line = line_of(entry.key) if entry is not None else ""
        boxes.append(Box(box_id(name), kind, name, detail, known, line))
        arrows += [
            Arrow(box_id(one), box_id(name), style="dashed")
            for one in sources(plan, name)
            if one in names
        ]
    return boxes, arrows


def box_id(view: str) -> str:
    """What arrows call the box of a view."""
    return f"view {view}"
