"""Autocast around the whole step, as trainers put it there, is that of the networks alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import MethodType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

import kdgraph
from kdgraph.lower.step import Out, Step
from kdgraph.models.build import build

ROWS = 8
X = torch.randn(ROWS, 1, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(ROWS) % 4
LOWS = [torch.bfloat16, torch.float16]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "teacher": build("convnet16", 4, channels=1),
        "student": build("convnet8", 4, channels=1),
    }


def compiled(recipe: str, models: dict[str, nn.Module], **more: object) -> Step:
    labels = torch.arange(32) % 4
    step = kdgraph.compile(recipe, models=models, sample=X, labels=labels, **more)
    step.clock(epoch=1, epochs=2, step=0)
    return step


def run(step: Step) -> Out:
    return step(X, *((Y, torch.arange(ROWS))[: len(step.inputs) - 1]))


def gradients(step: Step, out: Out) -> Tensor:
    step.zero_grad()
    out.total.backward()
    found = [one.grad for _, _, one in step.trained() if one.grad is not None]
    return torch.cat([one.flatten() for one in found])


def around_networks(models: dict[str, nn.Module], low: torch.dtype) -> dict[str, nn.Module]:
    for network in models.values():
        network.forward = torch.autocast("cpu", dtype=low)(network.forward)
    return models


def values(out: Out) -> list[Tensor]:
    return [out.total, *out.terms.values(), *out.weights.values(), *out.outputs.values()]


@pytest.mark.parametrize("low", LOWS)
@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("recipe", ["icd", "crd"])
def test_gradients_are_those_of_autocast_around_the_networks(recipe, compiles, low) -> None:
    more = {"set": {"K": 16}} if recipe == "crd" else {}
    step = compiled(recipe, networks(), **more)
    alone = compiled(recipe, around_networks(networks(), low), **more)
    full = compiled(recipe, networks(), **more)
    if compiles:
        step.compile(fullgraph=True, backend="aot_eager")

    with torch.autocast("cpu", dtype=low):
        out = run(step)
    found = gradients(step, out)
    wanted, exact = gradients(alone, run(alone)), gradients(full, run(full))
    with torch.autocast("cpu", dtype=low):
        step.commit()

    assert (found - wanted).norm() <= 0.02 * wanted.norm()
    assert not torch.equal(found, exact)  # it is autocast
    assert {one.dtype for one in values(out)} == {torch.float32}
    kept = [one for one in step.memory.values() for one in one.buffers()]
    assert {one.dtype for one in kept if one.is_floating_point()} <= {torch.float32}
    if recipe == "icd":
        assert out.terms["kl_inv"] >= 0


def test_the_state_around_decides_each_time_and_compiles_once_for_each() -> None:
    step = compiled("icd", networks())
    eager = run(step).total
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = run(step).total
    counter = CompileCounterWithBackend("aot_eager")
    step.compile(fullgraph=True, backend=counter)
    for _ in range(2):
        torch.testing.assert_close(run(step).total, eager)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.testing.assert_close(run(step).total, low)
            assert torch.is_autocast_enabled("cpu")
    assert counter.frame_count == 2
    assert not torch.equal(low, eager)


def test_a_step_that_is_compiled_from_outside_does_the_same() -> None:
    step = compiled("icd", networks())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = run(step).total
        outer = torch.compile(step, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(outer(X, Y).total, low)


PARTS = """
loss: hard + near + far
where:
  hard: cross_entropy(student.logits, y)
  near: mse(teacher.fc(linear(student.features, 16)), teacher.logits)
  far: cross_entropy(h[0](student.maps[0]), y)
modules: {h: "branches(student, 4)"}
"""


def test_modules_of_networks_are_lowered_and_those_of_the_recipe_are_not() -> None:
    models = networks()
    step = compiled(PARTS, models)
    seen: dict[str, set[torch.dtype]] = {}

    def note(name: str, module: nn.Module) -> None:
        def keep(*call: object) -> None:
            given = call[2]
            assert isinstance(given, Tensor)
            seen.setdefault(name, set()).add(given.dtype)

        module.register_forward_hook(keep)

    note("teacher", models["teacher"].fc)
    note("student", models["student"].fc)
    for name, part in step.parts.named_modules():
        if isinstance(part, nn.Linear):
            note("branch" if name.startswith("h") else "linear", part)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = run(step)
    out.total.backward()

    assert seen == {
        "teacher": {torch.bfloat16},
        "student": {torch.bfloat16},
        "branch": {torch.bfloat16},
        "linear": {torch.float32},
    }
    assert {one.dtype for one in values(out)} == {torch.float32}


def test_the_loss_of_low_taps_is_computed_exactly() -> None:
    models = networks()
    step = compiled("loss: mean((student.features @ teacher.features[:, :8]ᵀ)^2)", models)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = run(step).total
        s, t = features(models["student"]), features(models["teacher"].eval())
    wanted = (s.double() @ t[:, :8].double().T).square().mean()
    torch.testing.assert_close(found.double(), wanted, rtol=1e-6, atol=0)


def features(network: nn.Module) -> Tensor:
    kept: list[Tensor] = []
    hook = network.fc.register_forward_pre_hook(lambda _, args: kept.append(args[0]))
    network(X)
    hook.remove()
    return kept[0]


def test_values_given_in_half_are_computed_with_in_full() -> None:
    text = """
loss: mean((student.features @ tᵀ)^2)
where: {t: teacher.features}
"""
    step = compiled(text, networks(), given=["t"])
    t = torch.randn(ROWS, 8, generator=torch.Generator().manual_seed(1)).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = step(X, t=t).total
        torch.testing.assert_close(low, step(X, t=t.float()).total, rtol=0, atol=0)
    assert low.dtype == torch.float32


def test_accelerate_may_prepare_a_step() -> None:
    """What `Accelerator(mixed_precision="bf16").prepare(step)` does to a module."""
    step, other = compiled("icd", networks()), compiled("icd", networks())

    def in_full(found: object) -> object:
        if isinstance(found, Tensor):
            return found.float()
        if isinstance(found, dict):
            return {name: in_full(one) for name, one in found.items()}
        assert isinstance(found, Out)
        return Out(*map(in_full, found))  # type: ignore[arg-type]  # as Accelerate puts tuples together

    lowered = torch.autocast("cpu", dtype=torch.bfloat16)(step.forward.__func__)
    step.forward = MethodType(lambda *args, **kwargs: in_full(lowered(*args, **kwargs)), step)
    out = run(step)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = run(other)

    torch.testing.assert_close(gradients(step, out), gradients(other, expected), rtol=0, atol=0)


def test_a_copy_is_under_its_own_autocast() -> None:
    step = compiled(PARTS, networks())
    twin = copy.deepcopy(step)
    twin.autocast.precision = torch.bfloat16

    assert torch.equal(run(step).total, run(step).total)
    assert not torch.equal(run(step).total, run(twin).total)
    assert {one.dtype for one in values(run(twin))} == {torch.float32}


def test_a_fault_inside_leaves_autocast_as_it_was() -> None:
    models = networks()
    step = compiled("icd", models)
    next(models["student"].parameters()).data = torch.zeros(1)  # fits nothing
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with pytest.raises(RuntimeError):
            step(X, Y)
        assert torch.is_autocast_enabled("cpu")
        assert F.linear(X[:, 0], X[:, 0, 0]).dtype == torch.bfloat16
