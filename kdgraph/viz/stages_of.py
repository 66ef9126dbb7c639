"""A recipe of several stages as one picture: each stage under its heading, in their order."""

from __future__ import annotations

from dataclasses import replace

from kdgraph.compiler import Analysis
from kdgraph.viz.picture import Picture
from kdgraph.viz.picture_of import picture_of


def pictured(analysis: Analysis, stage: str | None = None, *, subtitle: str = "") -> Picture:
    """The picture of a recipe.

    Args:
        analysis: a recipe that was built.
        stage: the stage to draw; all of them otherwise.
        subtitle: what stands before the models under the title, such as the setting.
    """
    names = [one.name for one, _ in analysis.stages]
    if stage is not None or len(names) == 1:
        return picture_of(analysis, stage, subtitle=subtitle)
    drawn = [picture_of(analysis, name, subtitle=subtitle) for name in names]
    parts = tuple(
        _part(one, place, name)
        for place, (name, one) in enumerate(zip(names, drawn, strict=True), 1)
    )
    last, common = drawn[-1], set.intersection(*(set(one.notes) for one in drawn))
    own = [
        f"{name}: {note}"
        for name, one in zip(names, drawn, strict=True)
        for note in one.notes
        if note not in common
    ]
    return replace(
        last,
        subtitle=last.subtitle.rpartition(" · ")[0],
        boxes=tuple(box for part in parts for box in part.boxes),
        arrows=tuple(arrow for part in parts for arrow in part.arrows),
        notes=(*(note for note in last.notes if note in common), *own),
        parts=parts,
    )


def _part(picture: Picture, place: int, name: str) -> Picture:
    """The picture of a stage with ids that no other stage has, and its name as the title."""
    ids = {box.id: f"{place}/{box.id}" for box in picture.boxes}
    boxes = (replace(box, id=ids[box.id]) for box in picture.boxes)
    arrows = (
        replace(one, source=ids[one.source], target=ids[one.target]) for one in picture.arrows
    )
    return replace(
        picture, title=f"stage {place}: {name}", boxes=tuple(boxes), arrows=tuple(arrows)
    )
