"""What a drawing shows, without a word about where it is drawn: boxes, arrows and a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "input",
    "view",
    "model",
    "frozen_model",
    "tap",
    "frozen_tap",
    "module",
    "frozen_module",
    "param",
    "const",
    "schedule",
    "memory",
    "op",
    "term",
    "total",
]
Style = Literal["solid", "dashed", "weight"]


@dataclass(frozen=True)
class Box:
    """One thing of the recipe: a tap, a module, a term.

    Args:
        id: what arrows call it; never shown.
        kind: what it is; decides colour and outline.
        title: the bold line.
        detail: the small line under it, a shape such as `64×100` or a knob.
        facts: what the panel of the HTML page lists, name and value, in this order.
        where: the recipe line it was written on, as `icd.kd:7`.
    """

    id: str
    kind: Kind
    title: str
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    where: str = ""

    @property
    def frozen(self) -> bool:
        """Whether no gradient enters here, by its kind."""
        return self.kind in {"frozen_model", "frozen_tap", "frozen_module"}


@dataclass(frozen=True)
class Arrow:
    """What flows from one box into another.

    Args:
        source: id of the box it leaves.
        target: id of the box it enters.
        label: a weight such as `λ` or `β·α`, drawn on the line.
        style: `dashed` where no gradient flows back, `weight` from a term into the total.
    """

    source: str
    target: str
    label: str = ""
    style: Style = "solid"


@dataclass(frozen=True)
class Picture:
    """A whole drawing.

    Args:
        title: of the recipe.
        subtitle: a line under it: models, setting, citation.
        boxes: in any order; it breaks ties in the layout.
        arrows: between boxes of this picture, never from a box to itself.
        recipe: the whole source text, shown beside the HTML drawing.
        notes: sentences under the drawing.
        recipe_path: the file that `recipe` is; lines of other files are not highlighted in it.
        parts: the stages of a recipe that has several, each drawn by itself; together they
            have the boxes and arrows of the whole.
    """

    title: str
    subtitle: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    recipe: str = ""
    notes: tuple[str, ...] = ()
    recipe_path: str = ""
    parts: tuple[Picture, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two boxes of one id, and arrows that lead nowhere."""
        ids = [box.id for box in self.boxes]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            msg = f"two boxes share an id: {twice}"
            raise ValueError(msg)
        known = set(ids)
        for arrow in self.arrows:
            if not {arrow.source, arrow.target} <= known or arrow.source == arrow.target:
                msg = f"an arrow from {arrow.source!r} to {arrow.target!r} leads nowhere"
                raise ValueError(msg)
