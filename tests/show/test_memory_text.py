"""What a recipe remembers is told with its size."""

from __future__ import annotations

import pytest

from kdgraph.graph.graph import Axis, LossGraph, Node, Op
from kdgraph.graph.world import World
from kdgraph.show.memory_text import memories


def kept(word: str, axes: tuple[Axis, ...], **knobs: object) -> tuple[str, str]:
    graph = LossGraph()
    source = graph.add(Node(Op("exp"), axes=axes, name="s"))
    op = Op(word, (("name", "M"), *knobs.items()), reads=("M",), writes=("M",))
    graph.add(Node(op, axes=axes), (("v", source),))
    (row,) = memories(graph, World({}, examples=50_000))
    return row


@pytest.mark.parametrize(
    ("word", "knobs", "call", "room"),
    [
        ("bank", {"momentum": 0.5}, "bank(s, momentum=0.5)", "; 25.6 MB"),  # 50 000 · 128 · 4
        ("queue", {"size": 4096}, "queue(s, size=4096)", "; 2.1 MB"),  # 4096 · 128 · 4
        ("once", {}, "once(s)", ""),
    ],
)
def test_a_memory_is_told_with_its_knobs_and_its_bytes(word, knobs, call, room):
    told = f"{call}: read as it was before the step, written by its commit{room}"

    assert kept(word, (Axis(rows="b"), Axis(128)), **knobs) == ("M", told)


def test_a_width_that_is_not_known_gives_no_bytes():
    name, told = kept("bank", (Axis(rows="b"), Axis()))

    assert name == "M"
    assert "bytes" not in told
    assert "MB" not in told
