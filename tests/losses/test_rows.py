"""From the values of rows to what a recipe asks for."""

from __future__ import annotations

import pytest
import torch

from kdgraph.losses.rows import gathered

EACH = torch.tensor([1.0, 2.0, 6.0])


@pytest.mark.parametrize(
    ("reduce", "all_", "two"),
    [
        ("rows", 3.0, 3.5),
        ("elements", 1.5, 1.75),
        ("sum", 9.0, 7.0),
        ("none", [1, 2, 6], [1, 0, 6]),
    ],
)
def test_each_reduction_worked_by_hand(reduce: str, all_: object, two: object):
    # two elements a row; then without the middle row
    mask = torch.tensor([True, False, True])

    assert gathered(EACH, reduce, width=2).tolist() == all_
    assert gathered(EACH, reduce, mask, width=2).tolist() == two
    assert gathered(EACH, reduce, mask.float(), width=2).tolist() == two


def test_no_row_that_counts_makes_zero():
    none = torch.zeros(3)

    assert gathered(EACH, "rows", none).item() == gathered(EACH, "elements", none).item() == 0
