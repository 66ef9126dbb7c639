"""Weights of all kinds in networks that are handed in: shared, packed, complex, without values."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lower.step import Step

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.arange(4)
KD = "loss: cross_entropy(student.logits, y) + kd(teacher.logits ‖ student.logits, T=2)"
EVAL = """
loss: s
where: {s: "kd(teacher.logits ‖ student.logits, T=2)"}
stages: [{name: only, trains: [student], mode: {student: eval}}]
"""


class Base(nn.Module):
    def __init__(self, *, norm: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4) if norm else nn.Identity()
        self.fc = nn.Linear(4, 5)

    def features(self, x: Tensor) -> Tensor:
        v: Tensor = self.norm(self.conv(x)).relu().mean((2, 3))
        return v

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x))


class Adapted(nn.Module):
    """A student on the teacher's own layers, with a low-rank update of the last one."""

    def __init__(self, base: nn.Module, *, holds: bool = False) -> None:
        super().__init__()
        self.base = base
        self.down, self.up = nn.Linear(4, 2, bias=False), nn.Linear(2, 5, bias=False)
        self.holds = holds

    def forward(self, x: Tensor) -> Tensor:
        v = self.base.features(x)
        return self.base.fc(v) + self.up(self.down(v))

    def train(self, mode: bool = True) -> Adapted:
        super().train(mode)
        if self.holds:
            self.base.eval()
        return self


def pair(*, norm: bool = False, holds: bool = False) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    teacher = Base(norm=norm).double().eval().requires_grad_(requires_grad=False)
    return {"teacher": teacher, "student": Adapted(teacher, holds=holds).double()}


def compiled(models: dict[str, nn.Module], recipe: str = KD) -> Step:
    return kdgraph.compile(recipe, models=models, sample=X)


def mistake(models: dict[str, nn.Module], recipe: str = KD, sample: Tensor = X) -> tuple[str, str]:
    with pytest.raises(RecipeError) as error:
        kdgraph.compile(recipe, models=models, sample=sample)
    (found,) = error.value.diagnostics
    return found.code, str(error.value)


def test_adapters_on_the_teachers_own_weights_are_trained_and_nothing_else() -> None:
    models = pair()
    before = copy.deepcopy(models["teacher"].state_dict())
    teacher, student = (copy.deepcopy(one) for one in models.values())
    step = compiled(models)
    assert [name for _, name, _ in step.trained()] == ["down.weight", "up.weight"]

    optimiser = torch.optim.SGD([one for *_, one in step.trained()], 0.1)
    for _ in range(2):
        optimiser.zero_grad()
        total = step(X, Y).total
        total.backward()
        optimiser.step()
    other = torch.optim.SGD([student.down.weight, student.up.weight], 0.1)
    for _ in range(2):
        other.zero_grad()
        s, t = student(X), teacher(X)
        loss = F.cross_entropy(s, Y) + 4 * F.kl_div(
            (s / 2).log_softmax(1), (t / 2).softmax(1), reduction="batchmean"
        )
        loss.backward()
        other.step()

    torch.testing.assert_close(total, loss, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(models["student"].up.weight, student.up.weight, rtol=1e-9, atol=0)
    assert all(
        torch.equal(one, before[name]) for name, one in models["teacher"].state_dict().items()
    )


def test_the_average_of_such_a_student_keeps_what_is_shared() -> None:
    text = """
loss: kd(teacher.logits ‖ student.logits) + kd(t.logits ‖ student.logits)
where: {t: ema(student)}
"""
    models = pair()
    step = compiled(models, text)
    for _ in range(3):
        step(X).total.backward()
        with torch.no_grad():
            models["student"].up.weight += 1
        step.commit()

    kept = dict(step.memory["t"].named_buffers())
    assert torch.equal(kept["mean_base-fc-weight"], models["teacher"].fc.weight)
    assert not torch.equal(kept["mean_up-weight"], models["student"].up.weight)


@pytest.mark.parametrize("how", ["itself", "module", "parameter", "memory"])
def test_weights_that_a_student_would_train_in_the_teacher_are_refused(how: str) -> None:
    models: dict[str, nn.Module] = {"teacher": Base().double(), "student": Base().double()}
    if how == "itself":
        models["student"] = models["teacher"]
    elif how == "module":
        models["student"].fc = models["teacher"].fc
    elif how == "parameter":
        models["student"].fc.weight = models["teacher"].fc.weight
    else:
        models["student"].fc.weight = nn.Parameter(models["teacher"].fc.weight.detach())

    code, text = mistake(models)
    assert code == "KD419"
    assert ("conv.weight" if how == "itself" else "fc.weight") in text


def test_weights_tied_inside_one_network_are_no_mistake() -> None:
    models = {"teacher": Base().double(), "student": Base().double()}
    models["student"].twin = models["student"].fc
    models["student"].other = nn.Linear(4, 5).double()
    models["student"].other.weight = models["student"].fc.weight
    step = compiled(models)
    step(X, Y).total.backward()

    names = [name for _, name, _ in step.trained()]
    assert names == ["conv.weight", "conv.bias", "fc.weight", "fc.bias", "other.bias"]


def test_statistics_that_a_student_would_move_in_the_teacher_are_refused() -> None:
    models = pair(norm=True)
    before = copy.deepcopy(models["teacher"].state_dict())

    code, text = mistake(models)

    assert code == "KD440"
    assert "`student` runs in train mode and moves `base.norm.running_mean`" in text
    assert "which `teacher` shares" in text
    assert all(
        torch.equal(one, before[name]) for name, one in models["teacher"].state_dict().items()
    )


@pytest.mark.parametrize("how", ["mode", "own"])
def test_statistics_may_be_shared_by_a_student_that_holds_them_still(how: str) -> None:
    models = pair(norm=True, holds=how == "own")
    before = copy.deepcopy(models["teacher"].state_dict())
    step = compiled(models, EVAL if how == "mode" else KD)
    for _ in range(2):
        step(X, *([] if how == "mode" else [Y])).total.backward()

    assert all(
        torch.equal(one, before[name]) for name, one in models["teacher"].state_dict().items()
    )


def test_a_teacher_in_train_mode_may_not_move_the_students_statistics() -> None:
    models = pair(norm=True, holds=True)
    recipe = EVAL.replace("{student: eval}", "{teacher: train}")

    code, text = mistake(models, recipe)

    assert code == "KD440"
    assert "`teacher` runs in train mode and moves `norm.running_mean`" in text


def test_two_that_are_both_trained_may_share_all_they_like() -> None:
    text = """
where: {s: "cross_entropy(student.logits, y)", p: "cross_entropy(peer.logits, y)"}
stages: [{name: both, trains: [student, peer], loss: s + p}]
"""
    torch.manual_seed(0)
    trunk = Base(norm=True).double()
    step = compiled({"student": Adapted(trunk).double(), "peer": Adapted(trunk).double()}, text)
    step(X, Y).total.backward()

    assert all(one.grad is not None for *_, one in step.trained())


@pytest.mark.parametrize("part", ["", "fc"])
def test_weights_without_values_are_refused(part: str) -> None:
    models = {"teacher": Base(), "student": Base()}
    models["teacher"].get_submodule(part).to("meta")

    code, text = mistake(models, sample=X.float())

    assert code == "KD622"
    first = "conv.weight" if not part else "fc.weight"
    assert f"`{first}` of `teacher` has no values" in text


class Packed(nn.Module):
    """Weights in eight bits, with a scale for each row, as those that are loaded quantised."""

    def __init__(self, scale: torch.dtype, *, buffers: bool) -> None:
        super().__init__()
        packed = torch.randint(-127, 127, (5, 192), dtype=torch.int8)
        scales = torch.full((5, 1), 2.0**-7, dtype=scale)
        if buffers:
            self.register_buffer("packed", packed)
            self.register_buffer("scale", scales)
        else:
            self.packed = nn.Parameter(packed, requires_grad=False)
            self.scale = nn.Parameter(scales, requires_grad=False)
        self.fc = nn.Linear(5, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return self.fc(x @ (self.packed.to(x.dtype) * self.scale.to(x.dtype)).T)


@pytest.mark.parametrize("buffers", [False, True])
@pytest.mark.parametrize("scale", [torch.float32, torch.float16, torch.bfloat16])
def test_packed_weights_compute_in_the_precision_of_what_they_are_given(scale, buffers) -> None:
    torch.manual_seed(0)
    models = {"teacher": Packed(scale, buffers=buffers), "student": Packed(scale, buffers=buffers)}
    x = X.float()
    expected = models["teacher"](x)
    step = kdgraph.compile("loss: mse(teacher.logits, student.logits)", models=models, sample=x)
    total = step(x).total
    total.backward()

    torch.testing.assert_close(total, F.mse_loss(expected, models["student"](x)))
    assert [name for _, name, _ in step.trained()] == ["fc.weight", "fc.bias"]


class Fourier(nn.Module):
    def __init__(self, *, real: bool = True) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.randn(192, 5, dtype=torch.complex128))
        self.real = real

    def forward(self, x: Tensor) -> Tensor:
        v = torch.fft.fft(x.flatten(1)) @ self.mix
        return v.abs() if self.real else v


def test_complex_weights_are_trained_and_averaged() -> None:
    text = """
loss: mse(t.logits, student.logits) + mean(student.logits)
where:
  t: ema(student, momentum=0.5)
"""
    torch.manual_seed(0)
    student = Fourier()
    step = compiled({"student": student}, text)
    start = student.mix.detach().clone()
    step(X).total.backward()
    assert student.mix.grad is not None
    with torch.no_grad():
        student.mix += 1j
    step.commit()

    (kept,) = (one for name, one in step.memory["t"].named_buffers() if name == "mean_mix")
    torch.testing.assert_close(kept, start + 0.5j)


@pytest.mark.parametrize("of", ["teacher", "student"])
def test_a_complex_value_is_refused(of: str) -> None:
    models = {"teacher": Fourier(), "student": Fourier()}
    models[of] = Fourier(real=False)

    code, text = mistake(models)

    assert code == "KD623"
    assert "`forward` of `Fourier` gives complex numbers" in text


class Odd(Base):
    """Buffers of many kinds beside the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor([4, 3, 2, 1, 0]))
        self.register_buffer("flag", torch.tensor([True]))
        self.register_buffer("sparse", torch.eye(5).to_sparse())
        self.register_buffer("csr", torch.eye(5).to_sparse_csr())
        self.register_buffer("turn", torch.ones((), dtype=torch.complex64))
        self.register_buffer("eight", torch.quantize_per_tensor(torch.eye(5), 1.0, 0, torch.qint8))

    def forward(self, x: Tensor) -> Tensor:
        v = super().forward(x) @ self.eight.dequantize()
        return (self.csr @ (self.sparse @ v.T)).T[:, self.order] * self.turn.abs()


def test_buffers_may_be_of_any_kind() -> None:
    torch.manual_seed(0)
    models = {"teacher": Odd(), "student": Odd()}
    x = X.float()
    expected = models["teacher"](x)
    step = kdgraph.compile("loss: mse(teacher.logits, student.logits)", models=models, sample=x)
    total = step(x).total
    total.backward()

    torch.testing.assert_close(total, F.mse_loss(expected, models["student"](x)))


class Inside(Base):
    """A network whose first layer hands out eight bits, as that of one converted to them does."""

    def __init__(self) -> None:
        super().__init__()
        self.eight = Eight()

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.eight(self.conv(x)).dequantize().mean((2, 3)))


class Eight(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.quantize_per_tensor(x, 2.0**-5, 0, torch.qint8)


def test_a_quantised_value_at_a_tap_is_what_it_stands_for() -> None:
    torch.manual_seed(0)
    models = {"teacher": Inside(), "student": Base()}
    x = X.float()
    wanted = models["teacher"].eight(models["teacher"].conv(x)).dequantize()
    step = kdgraph.compile("loss: mse(teacher.eight, student.conv)", models=models, sample=x)

    torch.testing.assert_close(step(x).total, F.mse_loss(wanted, models["student"].conv(x)))


class Chosen(Base):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).argmax(1)


def test_a_network_that_gives_one_number_a_row_is_no_traceback() -> None:
    code, _ = mistake({"teacher": Chosen().double(), "student": Base().double()})
    assert code == "KD206"
