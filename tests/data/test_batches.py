"""Order and batches: functions of the seeds, the same for any number of ranks."""

from __future__ import annotations

from itertools import chain

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kdgraph.data.batches import batches, order, steps

PLACE = {"seed": 0, "stage": "student", "epoch": 1}


def lists(n: int, **how: int) -> list[list[int]]:
    return [part.tolist() for part in batches(torch.arange(n), **how)]


def test_an_order_has_every_example_once():
    assert order(100, **PLACE).sort().values.tolist() == list(range(100))


def test_an_order_is_a_function_of_its_seeds_and_moves_no_other_generator():
    torch.manual_seed(0)
    first, after = order(100, **PLACE), torch.rand(1)
    torch.manual_seed(0)

    assert torch.rand(1) == after
    assert torch.equal(order(100, **PLACE), first)


def test_an_order_is_the_same_on_every_machine():
    assert order(8, seed=0, stage=0, epoch=1).tolist() == [5, 7, 1, 4, 2, 3, 0, 6]


@pytest.mark.parametrize("other", [{"seed": 1}, {"stage": "teacher"}, {"epoch": 2}])
def test_seed_stage_and_epoch_each_change_the_order(other):
    assert not torch.equal(order(100, **PLACE), order(100, **{**PLACE, **other}))


def test_a_short_last_batch_is_used_unless_it_is_to_be_dropped():
    assert lists(7, batch=3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert lists(7, batch=3, drop_last=True) == [[0, 1, 2], [3, 4, 5]]


def test_a_batch_of_one_is_dropped_where_batch_norm_trains():
    assert lists(7, batch=3, least=2) == [[0, 1, 2], [3, 4, 5]]
    assert lists(8, batch=3, least=2) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_each_rank_has_its_consecutive_part_of_each_global_batch():
    assert lists(10, batch=4, rank=0, world=2) == [[0, 1], [4, 5], [8]]
    assert lists(10, batch=4, rank=1, world=2) == [[2, 3], [6, 7], [9]]


def test_a_short_batch_that_leaves_a_rank_empty_is_dropped_in_training_only():
    assert lists(9, batch=4, rank=1, world=2) == [[2, 3], [6, 7]]
    assert lists(9, batch=4, rank=1, world=2, least=0) == [[2, 3], [6, 7], []]
    assert lists(9, batch=4, rank=0, world=2, least=0) == [[0, 1], [4, 5], [8]]


@given(
    n=st.integers(0, 60),
    each=st.integers(1, 8),
    world=st.integers(1, 4),
    least=st.integers(0, 2),
    drop_last=st.booleans(),
)
def test_all_ranks_together_have_the_global_batches(n, each, world, least, drop_last):
    each = max(each, least)
    how = {"batch": each * world, "least": least, "drop_last": drop_last}
    ranks = [lists(n, **how, rank=rank, world=world) for rank in range(world)]

    together = [[*chain(*parts)] for parts in zip(*ranks, strict=True)]

    alone = lists(n, **{**how, "least": 0})
    assert together == alone[: len(together)]
    assert len(alone) - len(together) <= 1
    assert len(together) == steps(n, **how, world=world)
    assert all(len(part) >= least for parts in ranks for part in parts)


def test_evaluation_sees_every_example_once_and_in_order():
    seen = [
        i
        for rank in range(3)
        for part in lists(100, batch=7, least=0, rank=rank, world=3)
        for i in part
    ]

    assert sorted(seen) == list(range(100))


def test_a_batch_too_small_for_the_ranks_is_our_fault():
    with pytest.raises(ValueError, match="a batch of 2 gives some of 3 ranks fewer than 1 rows"):
        lists(10, batch=2, world=3)
