"""Negatives: whose they are, how often, and that they depend on nothing else."""

from __future__ import annotations

import pytest
import torch

from kdgraph.draws.distinct import _by_bits, distinct
from kdgraph.draws.draw import Source
from kdgraph.draws.negatives import negatives
from kdgraph.draws.pool import Pool
from kdgraph.views.draw import Draw

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 0, 0])
"""five examples of class 0, three of 1, two of 2"""
EVERY = torch.arange(10)


def source(examples=EVERY, epoch=1, labels=LABELS, seed=0):
    pool = Pool.of(labels) if labels is not None else Pool.unlabelled(10)
    return Source(Draw(seed, "student", epoch, 7, examples), pool)


def drawn(examples=EVERY, k=5, epoch=1, seed=0, **knobs):
    made = source(examples, epoch, seed=seed)
    return negatives(examples, k, other=LABELS[examples], source=made, **knobs)


@pytest.mark.parametrize("knobs", [{}, {"spread": True}, {"replace": True}], ids=str)
def test_the_first_column_is_the_example_and_the_others_are_of_other_classes(knobs):
    for epoch in range(20):
        found = drawn(epoch=epoch, **knobs)

        assert found.shape == (10, 6)
        assert torch.equal(found[:, 0], EVERY)
        assert (LABELS[found[:, 1:]] != LABELS[:, None]).all()


@pytest.mark.parametrize("knobs", [{}, {"spread": True}], ids=str)
def test_without_replacement_no_example_comes_twice(knobs):
    for epoch in range(50):
        for row in drawn(epoch=epoch, **knobs):
            assert len(set(row.tolist())) == 6


def test_a_draw_of_all_others_is_all_others():
    found = drawn(EVERY[LABELS == 0], k=5)[:, 1:].sort(dim=1).values

    assert found.tolist() == [[1, 2, 4, 5, 7]] * 5


def test_without_labels_all_but_the_example_itself_are_others():
    found = negatives(EVERY, 9, source=source(labels=None))

    assert found.sort(dim=1).values.tolist() == [list(range(10))] * 10
    assert torch.equal(found[:, 0], EVERY)


@pytest.mark.parametrize("knobs", [{}, {"spread": True}, {"replace": True}], ids=str)
def test_every_other_is_equally_likely(knobs):
    # chi-square over the 5 others of an example of class 0, 3 drawn each time: at 4 degrees of
    # freedom, 18.5 is passed once in a thousand (less for draws without replacement)
    counts = torch.zeros(10)
    for epoch in range(2000):
        counts += torch.bincount(drawn(EVERY[:1], k=3, epoch=epoch, **knobs)[0, 1:], minlength=10)
    found = counts[LABELS != 0]

    assert counts[LABELS == 0].sum() == 0
    assert ((found - 1200) ** 2 / 1200).sum() < 18.5


def test_every_pair_of_others_is_equally_likely():
    # 10 pairs of 5, chi-square at 9 degrees of freedom: 27.9 is passed once in a thousand
    pairs = torch.zeros(10, 10)
    for epoch in range(3000):
        one, two = sorted(drawn(EVERY[:1], k=2, epoch=epoch)[0, 1:].tolist())
        pairs[one, two] += 1
    found = pairs[pairs > 0]

    assert len(found) == 10
    assert ((found - 300) ** 2 / 300).sum() < 27.9


def test_bits_on_another_device_are_as_fair_as_shuffles():
    randomness = Draw(0, 1, 1, 7, torch.arange(4000))
    high = torch.full((4000,), 6)
    found = torch.bincount(_by_bits(randomness, high, 2, 8).flatten(), minlength=8)

    assert found[6:].sum() == 0
    assert ((found[:6] - 8000 / 6) ** 2 / (8000 / 6)).sum() < 20.5


def test_an_examples_draw_is_its_own_whatever_the_batch():
    whole = drawn()
    parts = torch.cat([drawn(EVERY[7:]), drawn(EVERY[:7])])

    assert torch.equal(whole, torch.cat([parts[3:], parts[:3]]))


def test_another_epoch_or_seed_draws_anew():
    assert not torch.equal(drawn(k=3), drawn(k=3, epoch=2))
    assert not torch.equal(drawn(k=3), drawn(k=3, seed=1))
    assert torch.equal(drawn(k=3), drawn(k=3))


def test_a_relaxed_positive_is_any_of_the_class():
    seen = {drawn(EVERY[:1], epoch=epoch, mode="relax")[0, 0].item() for epoch in range(200)}

    assert seen == {0, 3, 6, 8, 9}


def test_a_large_draw_has_no_repeats():
    found = distinct(Draw(0, 1, 1, 7, torch.arange(8)), torch.full((8,), 49_500), 16_384, 49_500)

    assert all(len(row.unique()) == 16_384 for row in found)
    assert found.min() >= 0
    assert found.max() < 49_500


@pytest.mark.parametrize("place", ["cpu", "bits"])
def test_a_large_draw_is_as_likely_to_hold_any_number_as_another(place):
    # each of n = 4950 numbers is in a row of k = 1638 with p = k/n, and rows of fixed length make
    # (n-1)/n · Σ(count - rows·p)²/(rows·p·(1-p)) chi-square at n-1 degrees of freedom; neighbours
    # are both in a row k(k-1)/n times on average. Four standard deviations is once in 16 000.
    n, k, rows = 4950, 1638, 600
    randomness, high = Draw(0, 1, 1, 7, torch.arange(rows)), torch.full((rows,), n)
    found = distinct(randomness, high, k, n) if place == "cpu" else _by_bits(randomness, high, k, n)
    inside = torch.zeros(rows, n, dtype=torch.bool).scatter_(1, found, value=True)
    p = k / n

    assert (inside.sum(dim=1) == k).all()
    square = ((inside.sum(dim=0) - rows * p) ** 2 / (rows * p * (1 - p))).sum().item()
    assert abs(square * (n - 1) / n - (n - 1)) < 4 * (2 * (n - 1)) ** 0.5
    both = (inside[:, 1:] & inside[:, :-1]).sum(dim=1).double()
    assert abs(both.mean() - k * (k - 1) / n) < 4 * both.std() / rows**0.5


def test_negatives_at_the_size_of_cifar_are_distinct_and_of_other_classes():
    labels = torch.arange(50_000) * 7 % 100
    i = torch.arange(0, 50_000, 12_347)
    made = Source(Draw(0, 1, 1, 7, i), Pool.of(labels))
    for spread in (False, True):
        found = negatives(i, 16_384, other=labels[i], source=made, spread=spread)

        assert torch.equal(found[:, 0], i)
        assert (labels[found[:, 1:]] != labels[i][:, None]).all()
        assert all(len(row.unique()) == 16_385 for row in found)
