from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from kdgraph.lang.diagnostics import RecipeError
from kdgraph.probe.head import train_head
from kdgraph.probe.probing import USUAL
from kdgraph.protocols import Layer, in_numbers

TRAINING = in_numbers([Layer(USUAL)])


def data(n, seed):
    chance = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, 6, generator=chance)
    return rows, rows[:, :3].argmax(dim=1)


def test_the_protocol_is_that_of_linear_transfer():
    # 120 epochs, a tenth of the rate after 30, 60 and 90
    assert (TRAINING.epochs, TRAINING.batch, TRAINING.drops) == (120, 64, (30, 60, 90))
    assert (TRAINING.lr, TRAINING.factor) == (0.05, 0.1)
    assert (TRAINING.momentum, TRAINING.weight_decay) == (0.9, 5e-4)


def test_it_is_plain_sgd_with_the_rate_dropping():
    rows, labels = data(40, 0)
    seen, truth = data(200, 1)
    training = replace(TRAINING, epochs=4, batch=16, drops=(1.0, 2.0, 3.0))
    done = train_head(lambda _: rows, labels, (seen, truth), classes=3, training=training, seed=5)

    chance = torch.Generator().manual_seed(5)
    w = torch.empty(3, 6).normal_(0, 0.01, generator=chance).requires_grad_()
    b = torch.zeros(3, requires_grad=True)
    momentum = [torch.zeros(3, 6), torch.zeros(3)]
    shares = []
    for rate in (0.05, 0.005, 0.0005, 0.00005):
        for part in torch.randperm(40, generator=chance).split(16):
            slopes = torch.autograd.grad(
                F.cross_entropy(rows[part] @ w.T + b, labels[part]), (w, b)
            )
            for k, one in enumerate((w, b)):
                momentum[k] = 0.9 * momentum[k] + slopes[k] + 5e-4 * one.detach()
                one.data -= rate * momentum[k]
        shares.append(((seen @ w.T + b).argmax(dim=1) == truth).float().mean().item())
    assert done.last == pytest.approx(shares[-1])
    assert done.best == pytest.approx(max(shares))
    assert 0.5 < done.last < 1


def test_features_that_tell_the_classes_apart_are_learnt_wholly():
    _, labels = data(120, 0)
    told = F.one_hot(labels, 3).float()
    short = replace(TRAINING, epochs=10)
    done = train_head(lambda _: told, labels, (told, labels), classes=3, training=short, seed=0)

    assert done.last == done.best == 1.0


def test_each_epoch_may_have_features_of_its_own():
    rows, labels = data(20, 0)
    asked = []

    def train(epoch):
        asked.append(epoch)
        return rows

    short = replace(TRAINING, epochs=3)
    train_head(train, labels, (rows, labels), classes=3, training=short, seed=0)

    assert asked == [1, 2, 3]


def test_a_rate_too_high_is_told():
    rows, labels = data(64, 0)
    wild = replace(TRAINING, lr=1e30, epochs=5, batch=8)
    with pytest.raises(RecipeError, match="is not finite in epoch 1") as caught:
        train_head(lambda _: 1e10 * rows, labels, (rows, labels), classes=3, training=wild, seed=0)

    assert caught.value.diagnostics[0].code == "KD670"
