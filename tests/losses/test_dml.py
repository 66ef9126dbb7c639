"""Deep mutual learning, by hand and against plain PyTorch: each learns from the other, held."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

import kdgraph
from tests.oracles.answers import Network, wave

X = torch.zeros(2, 1, 2, 2, dtype=torch.float64)


def step_of(student, peer, **values):
    models = {"student": Network(logits=student), "peer": Network(logits=peer)}
    return kdgraph.compile("dml", models=models, sample=X, set=values), models


def test_two_coins_worked_by_hand():
    # student (1/2, 1/2), peer (3/4, 1/4), both labels 0
    # labels: ln 2 + ln 4/3; KL(peer ‖ student) = 3/4 ln 3/2 + 1/4 ln 1/2;
    # KL(student ‖ peer) = 1/2 ln 2/3 + 1/2 ln 2
    student = torch.zeros(2, 2, dtype=torch.float64)
    peer = torch.tensor([[math.log(3), 0.0]] * 2, dtype=torch.float64)
    step, _ = step_of(student, peer)
    out = step(X, torch.tensor([0, 0]))

    assert out.terms["sup"].item() == pytest.approx(math.log(2) + math.log(4 / 3))
    there = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    back = 0.5 * math.log(2 / 3) + 0.5 * math.log(2)
    assert out.terms["kd"].item() == pytest.approx(there + back)
    assert out.total.item() == pytest.approx(math.log(8 / 3) + there + back)


@pytest.mark.parametrize("T", [1, 3])
def test_each_gradient_is_that_of_its_own_loss_with_the_other_held(T):
    a, b, y = wave((2, 4), 0.7, 0.1, 2), wave((2, 4), 0.5, 0.3, 2), torch.tensor([1, 3])
    step, models = step_of(a, b, T=T)
    step(X, y).total.backward()

    def alone(mine, other):
        mine = mine.clone().requires_grad_()
        target = F.log_softmax(other / T, 1)
        guess = F.log_softmax(mine / T, 1)
        kl = F.kl_div(guess, target, reduction="batchmean", log_target=True)
        (F.cross_entropy(mine, y) + T**2 * kl).backward()
        return mine.grad

    for name, wanted in (("student", alone(a, b)), ("peer", alone(b, a))):
        torch.testing.assert_close(models[name].out.value.grad, wanted, rtol=1e-9, atol=1e-12)
