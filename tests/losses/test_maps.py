"""The recipes of ICKD and TaT and their gradients, against the formulas in plain PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step
from tests.oracles.answers import Network, wave
from tests.references import maps

T, S = wave((3, 4, 4, 4), 0.7, 0.1, 1.5), wave((3, 2, 4, 4), 0.5, 0.3, 1.5)
X, Y = torch.zeros(3, 1, 2, 2, dtype=torch.float64), torch.tensor([1, 0, 2])
Reference = Callable[[Tensor, Tensor, dict[str, Tensor]], Tensor]


class Maps(Network):
    """A network that says one map, and logits."""

    def __init__(self, maps_: Tensor) -> None:
        super().__init__(layer=maps_, logits=torch.zeros(3, 4, dtype=torch.float64))
        self.aliases = {"logits": "", "maps": ("layer",)}


def compiled(recipe: str, **values: str) -> tuple[Step, nn.Parameter]:
    student = Maps(S)
    step = kdgraph.compile(
        recipe, models={"teacher": Maps(T), "student": student}, sample=X, set=values
    )
    return step, student.layer.value


def weights(step: Step) -> dict[str, Tensor]:
    """The kernels of a step's convolutions, by the names of what they are part of."""
    named = step.parts.named_parameters()
    return {name.split(".")[0]: one for name, one in named if "conv" in name}


def through(name: str, form: Callable[..., Tensor], *rest: object) -> Reference:
    """A form of ICKD after the projection `name`."""
    return lambda t, s, w: form(t, maps.projected(s, w[name]), *rest)


def dense(t: Tensor, s: Tensor, w: dict[str, Tensor]) -> Tensor:
    q, k, v = (maps.projected(f, w[name]) for name, f in (("q", s), ("k", t), ("v", s)))
    return 0.1 * maps.tat_dense(q, k, v, t, 2, 2, 2)


def aware(t: Tensor, s: Tensor, w: dict[str, Tensor]) -> Tensor:
    q, v = (maps.projected(s, w[name]) for name in ("q", "v"))
    return 0.2 * maps.tat(q, t, v, t)


def per_target(t: Tensor, s: Tensor, w: dict[str, Tensor]) -> Tensor:
    q, v = (maps.projected(s, w[name]) for name in ("q", "v"))
    return 0.2 * maps.tat(t, q, v, t)


REFERENCES: dict[str, tuple[str, Reference]] = {
    "ickd": ("2.5·ickd", through("ickd", lambda t, e: 2.5 * maps.ickd(t, e, "cifar"))),
    "ickd-imagenet": ("500·ickd", through("e", lambda t, e: 500 * maps.ickd(t, e, "imagenet"))),
    "ickd-paper": ("2.5·ickd", through("e", lambda t, e: 2.5 * maps.ickd(t, e, "paper"))),
    "ickd-cells": ("0.5·ickd", through("e", lambda t, e: 0.5 * maps.ickd_cells(t, e, 2))),
    "tat": ("0.2·tat", aware),
    "tat-target": ("0.2·tat", per_target),
    "tat-dense": ("α·(β·group + γ·anchor)", dense),
}


@pytest.mark.parametrize("recipe", REFERENCES)
def test_loss_and_gradients_are_those_of_the_formula(recipe: str):
    loss, reference = REFERENCES[recipe]
    step, student = compiled(recipe, loss=loss)
    kernels = weights(step)
    teacher, own = T.clone(), S.clone().requires_grad_()
    theirs = {name: one.detach().clone().requires_grad_() for name, one in kernels.items()}

    total = step(X, Y).total
    total.backward()
    expected = reference(teacher, own, theirs)
    expected.backward()

    torch.testing.assert_close(total, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(student.grad, own.grad, rtol=1e-8, atol=1e-11)
    for name, one in kernels.items():
        torch.testing.assert_close(one.grad, theirs[name].grad, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("recipe", ["tat", "tat-dense"])
def test_maps_of_two_sizes_are_told_at_check(recipe: str):
    found = kdgraph.check(recipe, "cifar100", {"models.student": "MobileNetV2"})

    assert {one.code for one in found} == {"KD201"}


@pytest.mark.parametrize("recipe", ["ickd", "ickd-imagenet", "ickd-paper", "tat-target"])
def test_what_is_compared_in_the_teachers_places_or_in_none_takes_maps_of_any_size(recipe: str):
    assert kdgraph.check(recipe, "cifar100", {"models.student": "MobileNetV2"}) == ()
