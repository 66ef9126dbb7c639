"""What a recipe remembers: which values, written when, and how large the memory is."""

from __future__ import annotations

from collections.abc import Iterator

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.graph.world import World
from kdgraph.show.number_text import number_text
from kdgraph.show.words import words

BYTES = 4  # memory is float32
UNITS = ("bytes", "kB", "MB", "GB")


def memories(graph: LossGraph, world: World) -> Iterator[tuple[str, str]]:
    """A row for each memory of a graph."""
    for number in graph.order():
        node = graph.node(number)
        if not node.op.writes:
            continue
        sources = [words(graph, one, whole=False) for one in graph.sources(number)]
        knobs = [f"{key}={number_text(v)}" for key, v in node.op.knobs if key != "name"]
        size = _size(graph, node, number, world)
        room = f"; {bytes_text(size)}" if size is not None else ""
        call = f"{node.op.name}({', '.join([*sources, *knobs])})"
        when = "read as it was before the step, written by its commit"
        yield node.op.writes[0], f"{call}: {when}{room}"


def _size(graph: LossGraph, node: Node, number: int, world: World) -> int | None:
    """Bytes of a table of rows, where its width and length are known."""
    rows = {"bank": world.examples, "table": world.examples, "queue": node.op.knob("size")}
    count = rows.get(node.op.name)
    kept = [graph.node(one).axes for one in graph.sources(number)]
    if not isinstance(count, (int, float)) or not kept or kept[0] is None:
        return None
    widths = [axis.size for axis in kept[0][1:]]
    size = int(count) * BYTES
    for width in widths:
        if width is None:
            return None
        size *= width
    return size


def bytes_text(size: int) -> str:
    """A size in the unit that keeps it short.

    >>> bytes_text(50_000 * 128 * 4), bytes_text(40)
    ('25.6 MB', '40 bytes')
    """
    number, unit = float(size), 0
    while number >= 1000 and unit < len(UNITS) - 1:  # noqa: PLR2004 - units are thousands
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {UNITS[unit]}"
