"""A student is its owner's: no hook stays on it, so it may be scripted, saved and copied."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

import kdgraph
from kdgraph.lower.step import Step

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.tensor([0, 1, 2, 3])
RECIPES = {
    "taps": "loss: cross_entropy(student.logits, y) + mse(student.body[1], teacher.body[1])",
    "average": """
loss: cross_entropy(student.logits, y) + kd(t.logits ‖ student.logits)
where: {t: ema(student)}
""",
    "train": """
loss: s
where: {s: "kd(teacher.logits ‖ student.logits)"}
stages: [{name: only, trains: [student], mode: {teacher: train}}]
""",
}


class Net(nn.Module):
    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.SiLU())
        self.fc = nn.Linear(width, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.body(x).mean((2, 3)))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.fixture
def models() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {"teacher": Net().double(), "student": Net().double()}


def compiled(models: dict[str, nn.Module], recipe: str = RECIPES["taps"]) -> Step:
    return kdgraph.compile(recipe, models=models, sample=X)


def hooks(network: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules())


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_hook_is_left_after_any_call_of_a_step(models, recipe: str) -> None:
    def left() -> set[int]:
        return {hooks(one) for one in models.values()}

    step = compiled(models, RECIPES[recipe])
    assert left() == {0}

    step(X, Y).total.backward()
    step.commit()
    assert left() == {0}

    with pytest.raises(RuntimeError):
        step(X[:, :, :2], Y)
    assert left() == {0}

    counter = CompileCounterWithBackend("aot_eager")
    step.compile(fullgraph=True, backend=counter)
    for _ in range(3):
        step(X, Y).total.backward()
        step.commit()
    assert counter.frame_count == 1
    assert left() == {0}


@pytest.mark.parametrize("compiles", [False, True])
def test_a_student_is_scripted_saved_and_copied_while_its_step_lives(models, compiles) -> None:
    student = models["student"]
    step = compiled(models)
    if compiles:
        step.compile(fullgraph=True, backend="aot_eager")
    step(X, Y)
    student.eval()
    expected = student(X)

    file = io.BytesIO()
    torch.save(student, file)
    assert b"kdgraph" not in file.getvalue()
    file.seek(0)
    for twin in (
        torch.jit.script(student),
        torch.load(file, weights_only=False),
        copy.deepcopy(student),
        pickle.loads(pickle.dumps(student)),
    ):
        torch.testing.assert_close(twin(X), expected)


def test_a_copied_step_runs_on_the_copied_networks(models) -> None:
    step = compiled(models)
    expected = step(X, Y).total

    twin = copy.deepcopy(step)
    with torch.no_grad():
        models["student"].fc.weight *= 2

    torch.testing.assert_close(twin(X, Y).total, expected)
    assert not torch.equal(step(X, Y).total, expected)


@pytest.mark.parametrize("compiles", [False, True])
def test_two_steps_that_live_on_one_student_are_both_right(models, compiles) -> None:
    one = compiled(models)
    other = compiled(models, "loss: mse(student.body[1], teacher.body[1]) + mean(student.fc.input)")
    expected = [step(X, *also).total for step, also in ((one, (Y,)), (other, ()))]
    if compiles:
        one.compile(fullgraph=True, backend="aot_eager")
        other.compile(fullgraph=True, backend="aot_eager")
    for _ in range(2):
        torch.testing.assert_close(one(X, Y).total, expected[0])
        torch.testing.assert_close(other(X).total, expected[1])
    del other
    gc.collect()
    torch.testing.assert_close(one(X, Y).total, expected[0])


@pytest.mark.parametrize("compiles", [False, True])
def test_ten_steps_that_are_gone_leave_nothing(models, compiles) -> None:
    gone: list[weakref.ref[Step]] = []
    for _ in range(3 if compiles else 10):
        step = compiled(models)
        if compiles:
            step.compile(fullgraph=True, backend="aot_eager")
        step(X, Y).total.backward()
        gone.append(weakref.ref(step))
        del step
    gc.collect()

    assert [one() for one in gone] == [None] * len(gone)
    assert {hooks(one) for one in models.values()} == {0}


def test_a_step_that_is_compiled_from_outside_keeps_its_hooks_until_it_goes(models) -> None:
    step = compiled(models)
    expected = step(X, Y).total
    counter = CompileCounterWithBackend("aot_eager")
    outer = torch.compile(step, fullgraph=True, backend=counter)
    torch.testing.assert_close(outer(X, Y).total, expected)
    made = counter.frame_count
    for _ in range(2):
        torch.testing.assert_close(outer(X, Y).total, expected)
    assert counter.frame_count == made
    torch.testing.assert_close(copy.deepcopy(step)(X, Y).total, expected)

    del step, outer
    torch.compiler.reset()
    gc.collect()
    assert {hooks(one) for one in models.values()} == {0}


def test_hooks_of_the_owner_stay(models) -> None:
    seen: list[torch.Size] = []
    models["student"].fc.register_forward_hook(lambda *call: seen.append(call[2].shape))
    step = compiled(models)
    seen.clear()

    step(X, Y)

    assert seen == [(4, 5)]
    assert hooks(models["student"]) == 1
