"""The nearest other examples: exact, in a fixed order, whatever is held at a time."""

from __future__ import annotations

import numpy as np
import torch

from kdgraph.compute import neighbours as code
from kdgraph.compute.neighbours import neighbours


def by_distance(rows: torch.Tensor, k: int) -> list[list[int]]:
    """All distances, and a sort that keeps the lower number first."""
    unit = rows.double().numpy()
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    found = []
    for i, one in enumerate(unit):
        far = np.round(np.linalg.norm(unit - one, axis=1), 6)
        order = np.lexsort((np.arange(len(unit)), far))
        found.append([int(j) for j in order if j != i][:k])
    return found


def rows(count: int, width: int = 5) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(4))


def test_they_are_those_of_a_sort_of_all_distances():
    v = rows(60)

    assert neighbours(v, 7).tolist() == by_distance(v, 7)


def test_only_the_direction_counts_worked_by_hand():
    # along the axes: 0 and 2 point one way, 1 and 3 another; 4 lies between, nearer to the first
    v = torch.tensor([[1.0, 0.0], [0.0, 2.0], [9.0, 0.0], [0.0, 0.1], [2.0, 1.0]])

    assert neighbours(v, 2).tolist() == [[2, 4], [3, 4], [0, 4], [1, 4], [0, 2]]


def test_of_copies_the_lower_number_comes_first_and_none_is_its_own_neighbour():
    v = torch.ones(5, 3)

    assert neighbours(v, 3).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]


def test_vectors_that_point_away_are_ranked_too():
    v = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [-1.0, 0.1], [-1.0, 1.0]])

    assert neighbours(v, 3)[0].tolist() == [3, 2, 1]


def test_a_few_rows_at_a_time_give_the_same(monkeypatch):
    v = rows(33).repeat(2, 1)
    whole = neighbours(v, 4)
    monkeypatch.setattr(code, "AT_ONCE", 2 * len(v))

    assert neighbours(v, 4).equal(whole)
    assert whole.dtype == torch.int64
