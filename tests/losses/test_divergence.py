"""Divergences and entropies, worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from kdgraph.losses.divergence import entropy, kl, kl_log
from tests.references.fills import steps

REDUCTIONS = ["rows", "elements", "sum", "none"]


def test_kl_of_a_coin_worked_by_hand():
    # p (3/4, 1/4), q (1/2, 1/2):  3/4 ln 3/2 + 1/4 ln 1/2
    p, q = torch.tensor([[0.75, 0.25]]), torch.tensor([[0.5, 0.5]])

    by_hand = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert kl(p, q).item() == pytest.approx(by_hand)


def test_kl_log_of_a_coin_worked_by_hand():
    # the same coin by its logarithms
    p, q = torch.tensor([[0.75, 0.25]]), torch.tensor([[0.5, 0.5]])

    by_hand = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert kl_log(p.log(), q.log()).item() == pytest.approx(by_hand)


def test_entropy_of_coins_worked_by_hand():
    # a fair coin ln 2, a certain one 0, one of (3/4, 1/4):  3/4 ln 4/3 + 1/4 ln 4
    p = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.75, 0.25]])

    by_hand = [math.log(2), 0.0, 0.75 * math.log(4 / 3) + 0.25 * math.log(4)]
    assert entropy(p).tolist() == pytest.approx(by_hand)


def test_the_target_comes_first():
    p, q = torch.tensor([[0.75, 0.25]]), torch.tensor([[0.5, 0.5]])

    assert kl(q, p).item() == pytest.approx(0.5 * math.log(2 / 3) + 0.5 * math.log(2))


def test_each_reduction_worked_by_hand():
    # rows of KL ln 2 and 0, two classes each
    p, q = torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    ln2 = math.log(2)

    values = {reduce: kl(p, q, reduce=reduce) for reduce in REDUCTIONS}

    assert values["none"].tolist() == pytest.approx([ln2, 0])
    assert values["sum"].item() == pytest.approx(ln2)
    assert values["rows"].item() == pytest.approx(ln2 / 2)
    assert values["elements"].item() == pytest.approx(ln2 / 4)


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("mask", [None, [True, False, True]])
def test_the_logarithmic_twin_agrees_in_value_and_gradient(reduce: str, mask: list | None):
    rows = None if mask is None else torch.tensor(mask)
    t, s = (torch.tensor(steps((3, 4), a, 1, 2.0)) for a in (7, 5))
    pairs = [[t.clone().requires_grad_(), s.clone().requires_grad_()] for _ in range(2)]

    plain = kl(*(z.softmax(-1) for z in pairs[0]), reduce=reduce, rows=rows)
    twin = kl_log(*(z.log_softmax(-1) for z in pairs[1]), reduce=reduce, rows=rows)
    plain.sum().backward()
    twin.sum().backward()

    torch.testing.assert_close(plain, twin)
    for one, other in zip(*pairs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("logarithms", [False, True])
def test_an_impossible_class_counts_nothing_in_value_and_gradient(*, logarithms: bool):
    # p (1, 0), q (1/2, 0): only ln 2 is left, and ∂/∂q₀ = −p₀/q₀ = −2
    p = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    q = torch.tensor([[0.5, 0.0]], dtype=torch.float64)
    p, q = (v.log() if logarithms else v for v in (p, q))
    p, q = p.requires_grad_(), q.requires_grad_()

    value = (kl_log if logarithms else kl)(p, q)
    value.backward()

    assert value.item() == pytest.approx(math.log(2))
    assert p.grad.isfinite().all()
    assert p.grad[0, 1] == 0
    assert q.grad.tolist() == [[-1.0 if logarithms else -2.0, 0.0]]


def test_a_certain_distribution_has_an_entropy_without_nan_in_its_gradient():
    p = torch.tensor([[1.0, 0.0]], requires_grad=True)

    entropy(p).sum().backward()

    assert p.grad.tolist() == [[-1.0, 0.0]]


def test_what_the_target_allows_and_the_guess_rules_out_is_infinite():
    p, q = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])

    assert kl(p, q).isinf()
    assert kl_log(p.log(), q.log()).isinf()


@pytest.mark.parametrize("word", [kl, kl_log])
def test_a_nan_is_never_hidden(word):
    p = torch.tensor([[0.5, torch.nan]])

    assert word(p, torch.tensor([[0.5, 0.5]])).isnan()
    assert word(torch.tensor([[0.5, 0.5]]), p).isnan()


def test_only_the_rows_that_count_are_averaged():
    # rows of KL ln 2, infinite and 0; the middle one doesn't count:  (ln 2 + 0) / 2
    p = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    q = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.5, 0.5]])
    rows = torch.tensor([1, 0, 1])

    assert kl(p, q, rows=rows).item() == pytest.approx(math.log(2) / 2)
    assert kl(p, q, rows=rows, reduce="elements").item() == pytest.approx(math.log(2) / 4)
    assert kl(p, q, rows=rows, reduce="none").tolist() == pytest.approx([math.log(2), 0, 0])


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_where_no_row_counts_it_is_zero_and_trains_nothing(reduce: str):
    z = torch.randn(3, 4, requires_grad=True)

    value = kl(z.detach().softmax(-1), z.softmax(-1), rows=torch.zeros(3), reduce=reduce)
    value.sum().backward()

    assert not value.any()
    assert not z.grad.any()


def test_the_logarithmic_twin_does_not_underflow():
    # logits 200 apart: in single precision the other class's probability is 0
    t, s = torch.tensor([[0.0, 200.0]]), torch.tensor([[200.0, 0.0]])

    assert kl(t.softmax(-1), s.softmax(-1)).isinf()
    assert kl_log(t.log_softmax(-1), s.log_softmax(-1)).item() == pytest.approx(200)


@pytest.mark.parametrize("word", [kl, kl_log])
def test_a_masked_row_that_is_infinite_gets_no_gradient(word):
    p = torch.tensor([[0.5, 0.5], [0.75, 0.25]], requires_grad=True)
    q = torch.tensor([[1.0, 0.0], [0.5, 0.5]], requires_grad=True)
    sides = (p.log(), q.log()) if word is kl_log else (p, q)
    for one in sides:
        one.retain_grad()

    value = word(*sides, rows=torch.tensor([False, True]))
    value.backward()

    assert value.item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert [one.grad[0].tolist() for one in sides] == [[0.0, 0.0], [0.0, 0.0]]
    assert all(one.grad[1].all() for one in sides)
