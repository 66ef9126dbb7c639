"""Lines cross no more often than they must."""

from __future__ import annotations

from kdgraph.viz.crossings import crossings, ordered
from kdgraph.viz.ladder import Ladder, ladder
from kdgraph.viz.layers import rows, turned
from kdgraph.viz.picture import Picture


def alike(row: list[int], edges: list[tuple[int, int]]) -> Ladder:
    return ladder(row, edges, [0] * len(edges))


def test_crossings_are_counted_by_pairs_of_lines() -> None:
    graph = alike([0, 0, 1, 1], [(0, 3), (1, 2), (0, 2), (1, 3)])

    assert crossings(graph, [[0, 1], [2, 3]]) == 1
    assert crossings(graph, [[1, 0], [2, 3]]) == 1
    assert crossings(alike([0, 0, 1, 1], [(0, 3), (1, 2)]), [[0, 1], [2, 3]]) == 1


def test_lines_into_one_box_do_not_cross() -> None:
    graph = alike([0, 0, 1], [(0, 2), (1, 2)])

    assert crossings(graph, [[0, 1], [2]]) == 0


def test_a_tree_is_drawn_without_crossings() -> None:
    edges = [(0, 1), (0, 2), (0, 3), (3, 4), (2, 5), (1, 6), (3, 7), (1, 8)]
    graph = alike(rows(9, edges), edges)

    assert crossings(graph, ordered(graph)) == 0


def test_the_sample_crosses_once(icd: Picture) -> None:
    number = {box.id: at for at, box in enumerate(icd.boxes)}
    edges = [(number[arrow.source], number[arrow.target]) for arrow in icd.arrows]
    terms = [number[box.id] for box in icd.boxes if box.kind in {"term", "input", "param"}]
    graph = alike(rows(len(number), edges, down=terms), edges)

    assert crossings(graph, ordered(graph)) <= 2


def test_arrows_of_one_source_share_their_bends() -> None:
    graph = ladder([0, 1, 2, 3, 3], [(0, 3), (0, 4), (0, 4)], ["solid", "solid", "dashed"])

    assert graph.chains == ((0, 5, 6, 3), (0, 5, 6, 4), (0, 7, 8, 4))


def test_the_arrow_into_a_memory_is_the_one_that_is_turned() -> None:
    student, logits, memory = 0, 1, 2
    edges = [(student, logits), (logits, memory), (memory, student)]

    assert turned(3, edges) == {2}
    assert turned(3, edges, last=[memory]) == {1}
