"""Few-shot subsets and wrong labels: shares of every class, fixed by a seed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kdgraph.data.load import load
from kdgraph.data.noise import noisy
from kdgraph.data.spec import DataSpec
from kdgraph.data.subset import stratified

EVEN = torch.arange(1000) % 10


def test_a_quarter_of_even_classes_is_a_quarter_of_each():
    chosen = stratified(EVEN, 250)

    assert EVEN[chosen].bincount().tolist() == [25] * 10


def test_the_choice_is_ascending_and_without_repeats():
    chosen = stratified(EVEN, 333)

    assert chosen.tolist() == sorted(set(chosen.tolist()))


def test_a_smaller_choice_is_part_of_a_larger_one():
    quarter, half = stratified(EVEN, 250), stratified(EVEN, 500)

    assert set(quarter.tolist()) < set(half.tolist())


def test_the_same_seed_chooses_the_same_and_another_one_otherwise():
    assert torch.equal(stratified(EVEN, 250), stratified(EVEN, 250))
    assert not torch.equal(stratified(EVEN, 250), stratified(EVEN, 250, seed=5))


def test_a_rare_class_is_not_lost():
    labels = torch.tensor([0] * 990 + [1] * 9 + [2])

    assert labels[stratified(labels, 10)].bincount().tolist() == [8, 1, 1]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(1, 70))
def test_as_many_are_chosen_as_asked_in_proportion_to_the_classes(classes, total):
    labels = torch.tensor(classes)
    wanted = min(total, len(labels))

    counts = labels[stratified(labels, total)].bincount(minlength=6)

    there = labels.bincount(minlength=6)
    assert counts.sum() == wanted
    assert (counts <= there).all()
    assert wanted < there.count_nonzero() or ((counts > 0) == (there > 0)).all()
    assert ((counts - wanted * there / len(labels)).abs() <= 6).all()


def test_the_share_of_wrong_labels_is_the_same_in_every_class():
    wrong = noisy(EVEN, 10, 0.3) != EVEN

    assert [int(wrong[one == EVEN].sum()) for one in range(10)] == [30] * 10


def test_a_wrong_label_is_any_other_class_equally_often():
    labels = torch.zeros(9000, dtype=torch.int64)

    counts = noisy(labels, 10, 0.999).bincount(minlength=10)[1:]

    assert ((counts - 999) ** 2 / 999).sum() < 26.1  # 8 degrees of freedom, 1 in 1000


def test_no_noise_changes_nothing_and_the_seed_fixes_it():
    assert torch.equal(noisy(EVEN, 10, 0.0), EVEN)
    assert torch.equal(noisy(EVEN, 10, 0.5), noisy(EVEN, 10, 0.5))


def test_loading_takes_fraction_then_limit_then_noise_and_leaves_the_test_alone():
    whole = load(DataSpec("synthetic", limit=400))
    few = load(DataSpec("synthetic", limit=100, fraction=0.5, label_noise=0.2))

    assert len(few.train) == 50
    clean = load(DataSpec("synthetic", limit=100, fraction=0.5))
    assert (few.train.labels != clean.train.labels).sum() == 10
    assert torch.equal(few.train.pixels, clean.train.pixels)
    assert torch.equal(few.test.pixels, whole.test.pixels)
    assert torch.equal(few.test.labels, whole.test.labels)


@pytest.mark.parametrize(("limit", "test_limit"), [(100, 50), (5000, 5000)])
def test_limits_are_upper_bounds(limit, test_limit):
    pytest.importorskip("sklearn", reason="the digits ship inside scikit-learn")

    split = load(DataSpec("digits", limit=limit, test_limit=test_limit))

    assert (len(split.train), len(split.test)) == (
        min(limit, 1257),
        min(test_limit, 540),
    )
    assert (split.train.labels.bincount() >= 10 * (limit == 100)).sum() >= 5
