"""A picture as a tree of text: what the total is made of, down to the inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.cells import cell_len, set_cell_size

from kdgraph.viz.picture import Arrow, Box, Picture

_AGAIN = " ↑"  # told further up, not told again


def tree(picture: Picture, width: int = 80) -> str:
    """One line a box, no wider than the terminal; a box is unfolded where it comes first.

    Each root is a box that nothing is made of: the total, then whatever else ends.
    """
    if picture.parts:
        head = [picture.title, *([picture.subtitle] if picture.subtitle else [])]
        parts = [tree(replace(one, subtitle="", notes=()), width) for one in picture.parts]
        notes = "".join(f"{_cut(note, width)}\n" for note in ("", *picture.notes))
        return "\n".join([*(_cut(line, width) for line in head), "", *parts]) + notes
    into: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        into[arrow.target].append(arrow)
    used = {arrow.source for arrow in picture.arrows}
    roots = [box for box in picture.boxes if box.id not in used]
    roots.sort(key=lambda box: box.kind != "total")
    boxes = {box.id: box for box in picture.boxes}
    told: set[str] = set()
    lines = [picture.title, *([picture.subtitle] if picture.subtitle else []), ""]
    for root in [*roots, *picture.boxes]:  # a cycle that nothing leaves has no root
        if root.id not in told:
            lines += _told(root, into, boxes, told)
    lines += ["", *picture.notes] if picture.notes else []
    return "\n".join(_cut(line, width) for line in lines) + "\n"


def _told(
    root: Box, into: dict[str, list[Arrow]], boxes: dict[str, Box], told: set[str]
) -> Iterator[str]:
    """The lines below a root, from a stack: a chain of boxes may be long."""
    ahead: list[tuple[Box, Arrow | None, str, str]] = [(root, None, "", "")]
    while ahead:
        box, arrow, first, rest = ahead.pop()
        again = box.id in told and bool(into[box.id])
        yield first + _words(box, arrow) + (_AGAIN if again else "")
        if box.id in told:
            continue
        told.add(box.id)
        below = into[box.id]
        for at, one in reversed(list(enumerate(below))):
            last = at == len(below) - 1
            branch = ("╰" if last else "├") + ("╌ " if one.style == "dashed" else "─ ")
            trunk = "   " if last else "│  "
            ahead.append((boxes[one.source], one, rest + branch, rest + trunk))


def _words(box: Box, arrow: Arrow | None) -> str:
    weight = ""
    if arrow and arrow.label:
        weight = _line(arrow.label) + (" × " if arrow.style == "weight" else ": ")
    frozen = "frozen " if box.frozen and "frozen" not in box.detail else ""
    return f"{weight}{_line(box.title)}  {frozen}{_line(box.detail)}".rstrip()


def _line(words: str) -> str:
    return " ".join(words.split())


def _cut(line: str, width: int) -> str:
    return line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…"
