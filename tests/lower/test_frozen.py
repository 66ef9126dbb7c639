"""A frozen network stays as it is, to the bit, and lets nothing through but values."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from kdgraph.lower.frozen import Frozen, awake

X = torch.randn(4, 6)


def teacher() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 5))


def state(module: Frozen) -> dict[str, Tensor]:
    module = module.module
    return copy.deepcopy(module.state_dict())


def is_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[key]) for key, value in one.items())


def test_parameters_and_buffers_do_not_change_by_a_bit() -> None:
    frozen = Frozen(teacher())
    before = state(frozen)

    for _ in range(3):
        frozen.module.train()
        frozen.train()(X)

    assert is_same(before, state(frozen))


def test_it_stays_in_eval_mode_inside_a_network_that_trains() -> None:
    outer = nn.ModuleDict({"teacher": Frozen(teacher()), "student": nn.Dropout()})

    outer.train()

    assert outer["student"].training
    assert torch.equal(outer["teacher"](X), outer["teacher"](X))
    assert not list(awake(outer["teacher"]))


def test_nothing_of_it_is_a_parameter_and_no_gradient_comes_back() -> None:
    frozen = Frozen(teacher())
    assert not frozen(X).requires_grad
    assert not list(frozen.parameters())
    assert not frozen.state_dict()


def test_it_moves_along_with_what_holds_it() -> None:
    module = teacher()
    nn.ModuleList([Frozen(module)]).double()
    assert {one.dtype for one in module.parameters()} == {torch.float64}


def test_a_copy_has_a_network_of_its_own() -> None:
    frozen = Frozen(teacher(), mode="train")
    twin = copy.deepcopy(frozen).train()
    twin(X)
    assert twin.module[1].num_batches_tracked == 1
    assert frozen.module[1].num_batches_tracked == 0


def test_a_trainable_head_may_follow() -> None:
    head = nn.Linear(5, 2)
    head(Frozen(teacher())(X)).sum().backward()
    assert head.weight.grad is not None


def test_train_mode_may_be_asked_for_and_follows_the_outer_mode() -> None:
    frozen = Frozen(teacher(), mode="train")
    before = state(frozen)
    frozen.train()(X)
    assert not is_same(before, state(frozen))

    after = state(frozen)
    frozen.eval()(X)
    assert is_same(after, state(frozen))


def test_gradient_may_pass_through_to_the_input() -> None:
    x = X.clone().requires_grad_()
    frozen = Frozen(teacher())

    frozen(x).sum().backward()

    assert x.grad is not None
    assert all(one.grad is None for one in frozen.module.parameters())
