"""Reverse, skewed and Jensen-Shannon divergences, worked by hand and where sides are saturated."""

from __future__ import annotations

import math

import pytest
import torch

import kdgraph
from kdgraph.losses.divergence import kl, reverse_kl
from kdgraph.losses.mixture import jsd, jsd_log, skew_kl, skew_kl_log, skew_reverse_kl
from tests.oracles.stub import Stub
from tests.references.fills import steps

P, Q = torch.tensor([[0.75, 0.25]]), torch.tensor([[0.25, 0.75]])
LN2 = math.log(2)


def coin(p: float, m: float) -> float:
    """KL of a coin of p from a coin of m."""
    return p * math.log(p / m) + (1 - p) * math.log((1 - p) / (1 - m))


def test_reverse_kl_worked_by_hand():
    # q (1/2, 1/2) against p (3/4, 1/4):  1/2 ln 2/3 + 1/2 ln 2
    value = reverse_kl(P, torch.tensor([[0.5, 0.5]]))

    assert value.item() == pytest.approx(0.5 * math.log(2 / 3) + 0.5 * LN2)


def test_jsd_worked_by_hand():
    # the mixture of (3/4, 1/4) and (1/4, 3/4) is even; a quarter of the first makes 3/8
    assert jsd(P, Q).item() == pytest.approx(coin(0.75, 0.5))
    by_hand = 0.25 * coin(0.75, 0.375) + 0.75 * coin(0.25, 0.375)
    assert jsd(P, Q, 0.25).item() == pytest.approx(by_hand)


def test_skewed_divergences_worked_by_hand():
    # λ 1/2 of the target makes the even coin, λ 1/4 makes 3/8 and of the guess 5/8
    assert skew_kl(P, Q, 0.5).item() == pytest.approx(coin(0.75, 0.5))
    assert skew_kl(P, Q, 0.25).item() == pytest.approx(coin(0.75, 0.375))
    assert skew_reverse_kl(P, Q, 0.25).item() == pytest.approx(coin(0.25, 0.625))


@pytest.mark.parametrize("logs", [False, True])
def test_the_ends(logs: bool):
    p, q = (P.log(), Q.log()) if logs else (P, Q)
    mixed, skewed = (jsd_log, skew_kl_log) if logs else (jsd, skew_kl)

    assert mixed(p, q, 0.0).item() == mixed(p, q, 1.0).item() == pytest.approx(0, abs=1e-7)
    assert skewed(p, q, 0.0).item() == pytest.approx(kl(P, Q).item())
    assert skewed(p, q, 1.0).item() == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("reduce", ["rows", "elements", "sum", "none"])
@pytest.mark.parametrize("mask", [None, [True, False, True]])
@pytest.mark.parametrize(("word", "twin"), [(jsd, jsd_log), (skew_kl, skew_kl_log)])
def test_the_logarithmic_twins_agree_in_value_and_gradient(word, twin, reduce, mask):
    rows = None if mask is None else torch.tensor(mask)
    t, s = (torch.tensor(steps((3, 4), a, 1, 2.0)) for a in (7, 5))
    pairs = [[t.clone().requires_grad_(), s.clone().requires_grad_()] for _ in range(2)]

    plain = word(*(z.softmax(-1) for z in pairs[0]), 0.3, reduce=reduce, rows=rows)
    logs = twin(*(z.log_softmax(-1) for z in pairs[1]), 0.3, reduce=reduce, rows=rows)
    plain.sum().backward()
    logs.sum().backward()

    torch.testing.assert_close(plain, logs)
    for one, other in zip(*pairs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("kl", 2000.0), ("reverse_kl", 2000.0), ("jsd", LN2), ("skew_kl", math.log(10)),
        ("skew_reverse_kl", math.log(10)),
    ],
)  # fmt: skip
def test_saturated_softmaxes_are_compared_in_log_space(word: str, value: float):
    # logits 2000 apart: each side's other class has probability 0, in double precision too
    t, s = torch.tensor([[1000.0, -1000.0]]).double(), torch.tensor([[-1000.0, 1000.0]]).double()
    student = Stub(torch.zeros(1, 3).double(), s)
    step = kdgraph.compile(
        f"loss: {word}(softmax(teacher.logits) ‖ softmax(student.logits))",
        models={"teacher": Stub(torch.zeros(1, 3).double(), t), "student": student},
        sample=torch.zeros(1, 1).double(),
    )

    total = step(torch.zeros(1, 1).double(), torch.tensor([0])).total
    total.backward()

    assert total.item() == pytest.approx(value)
    assert student.bias.grad.isfinite().all()


@pytest.mark.parametrize("word", [jsd_log, skew_kl_log])
def test_a_word_that_both_rule_out_counts_nothing_in_value_and_gradient(word):
    t = torch.tensor([[1.0, 0.0, -torch.inf]], requires_grad=True)
    s = torch.tensor([[0.0, 1.0, -torch.inf]], requires_grad=True)
    alone = word(t[:, :2].log_softmax(-1), s[:, :2].log_softmax(-1))

    value = word(t.log_softmax(-1), s.log_softmax(-1))
    value.backward()

    assert value.item() == pytest.approx(alone.item())
    assert t.grad.isfinite().all()
    assert s.grad.isfinite().all()


@pytest.mark.parametrize("word", [jsd, skew_kl, skew_reverse_kl])
def test_what_one_side_rules_out_stays_finite(word):
    p, q = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]], requires_grad=True)

    value = word(p, q)
    value.backward()

    assert value.item() == pytest.approx(LN2 if word is jsd else math.log(10))
    assert q.grad.isfinite().all()


@pytest.mark.parametrize("word", [reverse_kl, jsd, skew_kl, skew_reverse_kl, jsd_log, skew_kl_log])
def test_where_no_row_counts_it_is_zero_and_trains_nothing(word):
    z = torch.randn(3, 4, requires_grad=True)
    sides = z.detach().log_softmax(-1), z.log_softmax(-1)
    value = word(*(sides if word.__name__.endswith("log") else [one.exp() for one in sides]),
                 rows=torch.zeros(3))  # fmt: skip
    value.backward()

    assert value.item() == 0
    assert not z.grad.any()
