"""`attend`, worked by hand and against loops over places."""

from __future__ import annotations

import math

import pytest
import torch

from kdgraph.losses.attention import attend


def by_loops(q, k, v, heads, over):
    """The definition, one image, one head and one pair of places at a time."""
    b, d, *_ = v.shape
    made = torch.zeros(b, d, *q.shape[2:], dtype=v.dtype)
    for image in range(b):
        for head in range(heads):
            rows, others, values = (one[image].chunk(heads)[head].flatten(1).T for one in (q, k, v))
            grades = torch.tensor([[float((r * o).sum()) for o in others] for r in rows]).to(v)
            weights = grades.exp()
            weights = weights / weights.sum(1 if over == "keys" else 0, keepdim=True)
            part = torch.stack(
                [sum(w * x for w, x in zip(row, values, strict=True)) for row in weights]
            )
            made[image].chunk(heads)[head].copy_(part.T.reshape(-1, *q.shape[2:]))
    return made


def test_two_places_worked_by_hand():
    # one channel; the query 1 asks keys 0 and ln 3: weights 1/4 and 3/4 of values 8 and 4
    q = torch.tensor([[[[1.0]]]])
    k, v = torch.tensor([[[[0.0, math.log(3)]]]]), torch.tensor([[[[8.0, 4.0]]]])

    assert attend(q, k, v).item() == pytest.approx(0.25 * 8 + 0.75 * 4)
    assert attend(q, k, v, over="queries").item() == pytest.approx(8 + 4)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("over", ["keys", "queries"])
def test_it_is_the_definition_place_by_place(heads, over):
    dice = torch.Generator().manual_seed(0)
    q = torch.randn(2, 4, 2, 3, generator=dice, dtype=torch.float64)
    k = torch.randn(2, 4, 3, 1, generator=dice, dtype=torch.float64)
    v = torch.randn(2, 6, 3, 1, generator=dice, dtype=torch.float64)

    found = attend(q, k, v, heads=heads, over=over)

    torch.testing.assert_close(found, by_loops(q, k, v, heads, over), rtol=1e-6, atol=1e-6)


def test_with_one_place_to_ask_all_places_get_its_value():
    q, v = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 1, 1)

    torch.testing.assert_close(attend(q, torch.randn(2, 3, 1, 1), v), v.expand(2, 5, 4, 4))


def test_what_the_weights_sum_to_one_over_makes_a_difference_that_no_shape_shows():
    q, k, v = (torch.randn(1, 3, 2, 2) for _ in range(3))

    assert attend(q, k, v).shape == attend(k, q, v).shape
    assert not torch.allclose(attend(q, k, v), attend(k, q, v))
    assert not torch.allclose(attend(q, k, v), attend(q, k, v, over="queries"))
