"""Networks that something is around already are refused: that belongs around the step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import kdgraph
from kdgraph.lang.diagnostics import RecipeError

X = torch.randn(2, 3, 8, 8)


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 5))


def inside() -> nn.Module:
    network = net()
    network[0].compile()
    return network


def compiled() -> nn.Module:
    network = net()
    network.compile()
    return network


@pytest.mark.parametrize(
    ("make", "told", "advice"),
    [
        (lambda: torch.compile(net()), "is compiled", "`M._orig_mod`, and compile the step"),
        (
            compiled,
            "is compiled",
            "leave out `M.compile()`, and compile the step: `step.compile()`",
        ),
        (inside, ".0` is compiled", "leave out `M.0.compile()`"),
        (
            lambda: nn.DataParallel(net()),
            "is wrapped in `DataParallel`",
            "`M.module`, and wrap the",
        ),
        (lambda: torch.jit.trace(net(), X), "is a module of `torch.jit`", "as it was before"),
    ],
)
@pytest.mark.parametrize("model", ["teacher", "student"])
def test_it_says_what_to_compile_or_to_wrap(
    make: Callable[[], nn.Module], told: str, advice: str, model: str
) -> None:
    models = {"teacher": net(), "student": net()} | {model: make()}
    with pytest.raises(RecipeError, match="KD662") as refused:
        kdgraph.compile("kd", models=models, sample=X)

    assert told in str(refused.value)
    assert advice.replace("M", model) in str(refused.value)


def test_a_network_is_as_good_as_before_once_it_is_taken_out() -> None:
    wrapped = nn.DataParallel(net())
    models = {"teacher": net(), "student": wrapped.module}
    step = kdgraph.compile("kd", models=models, sample=X)

    assert step(X, torch.tensor([0, 1])).total.isfinite()
