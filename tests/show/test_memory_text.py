"""What a recipe remembers is told with its size."""

from __future__ import annotations

import pytest

from kdgraph.graph.graph import Axis, LossGraph, Node, Op
from kdgraph.show.memory_text import memories


def kept(word: str, rows: Axis, width: Axis, **knobs: object) -> tuple[str, str]:
    graph = LossGraph()
    source = graph.add(Node(Op("exp"), axes=(Axis(rows="b"), width), name="s"))
    op = Op(word, (("name", "M"), *knobs.items()), reads=("M",), writes=("M",))
    graph.add(Node(op, axes=(rows, width)), (("v", source),))
    (row,) = memories(graph)
    return row


@pytest.mark.parametrize(
    ("word", "rows", "knobs", "call", "room"),
    [
        ("bank", 50_000, {"momentum": 0.9}, "bank(s, momentum=0.9)", "25.6 MB"),
        ("bank", 50_000, {"momentum": 0.5}, "bank(s)", "25.6 MB"),
        ("queue", 4096, {"size": 4096}, "queue(s, size=4096)", "2.1 MB"),
        ("table", 50_000, {}, "table(s)", "25.8 MB"),  # and a count for each row
    ],
)
def test_a_memory_is_told_with_its_knobs_and_its_bytes(word, rows, knobs, call, room):
    told = f"{call}: read as it was before the step, written by its commit; {room}"

    assert kept(word, Axis(rows), Axis(128), **knobs) == ("M", told)


def test_a_width_that_is_not_known_gives_no_bytes():
    name, told = kept("bank", Axis(50_000), Axis())

    assert name == "M"
    assert "bytes" not in told
    assert "MB" not in told
