"""A frozen network stays as it is, to the bit, and lets nothing through but values."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from kdgraph.lower.frozen import Frozen

X = torch.randn(4, 6)


def teacher() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 5))


def state(module: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy(module.state_dict())


def is_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[key]) for key, value in one.items())


def test_parameters_and_buffers_do_not_change_by_a_bit() -> None:
    frozen = Frozen(teacher())
    before = state(frozen)

    for _ in range(3):
        frozen.train()(X)

    assert is_same(before, state(frozen))


def test_it_stays_in_eval_mode_inside_a_network_that_trains() -> None:
    outer = nn.ModuleDict({"teacher": Frozen(teacher()), "student": nn.Dropout()})

    outer.train()

    assert outer["student"].training
    assert not any(module.training for module in outer["teacher"].modules())


def test_nothing_asks_for_a_gradient() -> None:
    frozen = Frozen(teacher())
    assert not frozen(X.clone().requires_grad_()).requires_grad
    assert not any(one.requires_grad for one in frozen.parameters())


def test_a_trainable_head_may_follow() -> None:
    head = nn.Linear(5, 2)
    head(Frozen(teacher())(X)).sum().backward()
    assert head.weight.grad is not None


def test_train_mode_may_be_asked_for_and_follows_the_outer_mode() -> None:
    frozen = Frozen(teacher(), mode="train")
    before = state(frozen)
    frozen.train()(X)
    assert not is_same(before, state(frozen))
    assert not any(one.requires_grad for one in frozen.parameters())

    after = state(frozen)
    frozen.eval()(X)
    assert is_same(after, state(frozen))


def test_gradient_may_pass_through_to_the_input() -> None:
    x = X.clone().requires_grad_()
    frozen = Frozen(teacher(), through=True)

    frozen(x).sum().backward()

    assert x.grad is not None
    assert all(one.grad is None for one in frozen.parameters())
