"""What a recipe remembers: which values, written when, and how large the memory is."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from kdgraph.graph.graph import LossGraph, Node
from kdgraph.registry import REGISTRY
from kdgraph.show.number_text import number_text
from kdgraph.show.words import words

LONGEST = 40
BYTES = 4  # memory is float32
UNITS = ("bytes", "kB", "MB", "GB")


def memories(graph: LossGraph) -> Iterator[tuple[str, str]]:
    """A row for each memory of a graph."""
    for number in graph.order():
        node = graph.node(number)
        if not node.op.writes:
            continue
        size = _size(node)
        room = f"; {bytes_text(size)}" if size is not None else ""
        call = f"{node.op.name}({', '.join(_inside(graph, number))})"
        when = "read as it was before the step, written by its commit"
        yield node.op.writes[0], f"{call}: {when}{room}"


def _inside(graph: LossGraph, number: int) -> Iterator[str]:
    """What a recipe writes into the call: not the examples' numbers, no usual knob."""
    op = graph.node(number).op
    word = REGISTRY.get(op.name)
    slots = {one.name: one.default for one in word.parameters} if word is not None else {}
    for slot, source in graph.inputs(number):
        value = words(graph, source, whole=False, longest=LONGEST)
        if not slots:  # fields of a record
            yield f"{slot}={value}"
        elif slot in slots:
            yield value
    for key, knob in op.knobs:
        if key == "model":
            yield str(knob)
        elif key != "name" and not (key in slots and slots[key] == knob):
            yield f"{key}={number_text(knob)}"


def _size(node: Node) -> int | None:
    """Bytes of a memory, where its sizes are known."""
    if node.axes is None or any(axis.size is None for axis in node.axes):
        return None
    sizes = [axis.size or 0 for axis in node.axes]
    counted = sizes[0] * BYTES if node.op.name == "table" else 0
    return prod(sizes) * BYTES + counted


def sizes(graph: LossGraph) -> Iterator[tuple[str, str]]:
    """What each memory of a graph takes for the data at hand, and all together."""
    total, count = 0, 0
    for number in graph.order():
        node = graph.node(number)
        if not node.op.writes:
            continue
        size = _size(node)
        total, count = total + (size or 0), count + 1
        yield node.op.writes[0], bytes_text(size) if size is not None else "as much as a batch"
    if count > 1:
        yield "together", bytes_text(total)


def bytes_text(size: int) -> str:
    """A size in the unit that keeps it short.

    >>> bytes_text(50_000 * 128 * 4), bytes_text(40)
    ('25.6 MB', '40 bytes')
    """
    number, unit = float(size), 0
    while number >= 1000 and unit < len(UNITS) - 1:  # noqa: PLR2004 - units are thousands
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {UNITS[unit]}"
