"""Brackets after a path of a model: a module in a list of them, or one of a module's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdgraph.graph.network import is_alias
from kdgraph.graph.values import Path, Unknown, Value
from kdgraph.lang.errors.collections import OutOfRange
from kdgraph.lang.syntax import Index

if TYPE_CHECKING:
    from kdgraph.graph.build import Builder

CALLS = "calls"


def step_into(build: Builder, path: Path, place: int, tree: Index) -> Value | None:
    """`teacher.blocks[5]`, `teacher.blocks[-1]`, `student.relu.calls[-1]`.

    None where brackets take rows of the value at the path instead.
    """
    paths = build.world.networks[path.model.name].paths
    stepped = Path(path.model, f"{path.path}.{place}", tree.span)
    if is_alias(path.path) and path.path not in (paths or ()):
        return None
    called = path.path.rpartition(".")[2] == CALLS and path.path not in (paths or ())
    if place >= 0 or called:
        return stepped
    if paths is None:
        build.used.add(f"{path.model.name}.{path.path}")  # nothing in the graph tells of it
        return Unknown()
    start = f"{path.path}."
    held = [one for one in paths if one.startswith(start) and one.removeprefix(start).isdigit()]
    if not held:
        return None
    if place < -len(held):
        last = len(held) - 1
        span = tree.cells[0].span
        build.note(OutOfRange(span=span, index=place, count=len(held), last=last))
        return Unknown()
    return Path(path.model, f"{path.path}.{len(held) + place}", tree.span)
