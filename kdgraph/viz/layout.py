"""The place of every box and line, from the picture alone; the same for the same picture.

sized     words broken into lines, and the room they take                sized.py
rows      which row: arrows lead down, terms stand next to the total     layers.py
ladder    long arrows become chains of bends                             ladder.py
ordered   the order of each row, for few crossings                       crossings.py
rooms     pixels: straight lines, boxes over what they feed              rooms.py, columns.py
line      curves, upright where they leave, enter and pass a row         curves.py
labels    weights on the lines                                           labels.py
"""

from __future__ import annotations

from dataclasses import dataclass

from kdgraph.viz.crossings import ordered
from kdgraph.viz.curves import Cubic, line, reversed_line
from kdgraph.viz.labels import Label, label_width, labels
from kdgraph.viz.ladder import ladder
from kdgraph.viz.layers import rows, turned
from kdgraph.viz.picture import Arrow, Picture
from kdgraph.viz.rooms import rooms
from kdgraph.viz.routes import routes
from kdgraph.viz.sinking import sinking
from kdgraph.viz.sized import Sized, sized


@dataclass(frozen=True)
class Place:
    """A box where it stands; `x` and `y` are its middle."""

    sized: Sized
    x: float
    y: float
    row: int


@dataclass(frozen=True)
class Curve:
    """An arrow as it is drawn: `pieces` lead from its source to its target.

    `upward` marks an arrow that closes a cycle; it leaves at the top and enters from below.
    """

    arrow: Arrow
    pieces: tuple[Cubic, ...]
    label: Label | None
    upward: bool = False


@dataclass(frozen=True)
class Layout:
    """A laid out picture; every box lies within `(0, 0)` and `(width, height)`."""

    width: float
    height: float
    places: tuple[Place, ...]
    curves: tuple[Curve, ...]


def layout(picture: Picture) -> Layout:
    """Lay out a picture."""
    boxes = [sized(box) for box in picture.boxes]
    number = {box.id: at for at, box in enumerate(picture.boxes)}
    edges = [(number[arrow.source], number[arrow.target]) for arrow in picture.arrows]
    memories = [number[box.id] for box in picture.boxes if box.kind == "memory"]

    against = turned(len(boxes), edges, last=memories)
    downward = [(b, a) if at in against else (a, b) for at, (a, b) in enumerate(edges)]
    trunks = [(arrow.style, arrow.label, at in against) for at, arrow in enumerate(picture.arrows)]
    low = [number[one] for one in sinking(picture)]
    graph = ladder(rows(len(boxes), downward, down=low), downward, trunks)
    hanging = dict.fromkeys(number, 0.0) | {
        arrow.source: label_width(arrow.label) for arrow in picture.arrows if arrow.label
    }
    room = rooms(graph, ordered(graph), boxes, list(hanging.values()))
    places = [
        Place(box, room.x[at], room.middle(graph.row[at]), graph.row[at])
        for at, box in enumerate(boxes)
    ]
    gaps = routes(graph, room, boxes, trunks)
    names = labels(zip((arrow.label for arrow in picture.arrows), gaps, strict=True))
    curves = []
    for at, (arrow, (upper, lower)) in enumerate(zip(picture.arrows, downward, strict=True)):
        start = (gaps[at][0].start[0], places[upper].y + boxes[upper].height / 2)
        end = (gaps[at][-1].end[0], places[lower].y - boxes[lower].height / 2)
        pieces = line(start, gaps[at], end)
        up = at in against
        curves.append(Curve(arrow, reversed_line(pieces) if up else pieces, names[at], up))
    return Layout(room.width, room.height, tuple(places), tuple(curves))
