"""A student whose quantisation is trained has observers that have seen nothing yet."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import kdgraph

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(4)
RECIPE = """
loss: sup + near
where:
  sup:  cross_entropy(student.logits, y)
  near: mse(linear(student.features, 4), teacher.features)
"""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.conv, self.bn, self.relu = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()
        self.fc = nn.Linear(4, 5)
        self.dequant = torch.ao.quantization.DeQuantStub()

    def forward(self, x: Tensor) -> Tensor:
        v = self.relu(self.bn(self.conv(self.quant(x))))
        return self.dequant(self.fc(v.mean((2, 3))))


class Watched(nn.Module):
    """An observer of one's own, for each channel: it begins at infinity, and empty."""

    lowest: Tensor
    highest: Tensor
    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("lowest", torch.empty(0))
        self.register_buffer("highest", torch.tensor(-math.inf))
        self.register_buffer("seen", torch.tensor([math.inf, -math.inf]))

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            low = x.amin(0)
            if not self.lowest.numel():
                self.lowest.resize_(low.shape).copy_(low)
            self.lowest.copy_(torch.minimum(self.lowest, low))
            self.highest.copy_(torch.maximum(self.highest, x.max()))
            self.seen[0].clamp_(max=x.min())
            self.seen[1].clamp_(min=x.max())
        scale = (self.highest - self.lowest.min()) / 255
        return x + (((x / scale).round() * scale) - x).detach()


def with_pytorch(backend: str) -> Callable[[], nn.Module]:
    def made() -> nn.Module:
        torch.manual_seed(0)
        network = Net().train()
        network.qconfig = torch.ao.quantization.get_default_qat_qconfig(backend)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.ao is to move to torchao
            fused = [["conv", "bn", "relu"]]
            torch.ao.quantization.fuse_modules_qat(network, fused, inplace=True)
            prepared: nn.Module = torch.ao.quantization.prepare_qat(network, inplace=True)
        return prepared

    return made


def with_an_own_observer() -> nn.Module:
    torch.manual_seed(0)
    network = Net().train()
    network.relu = nn.Sequential(nn.ReLU(), nn.Flatten(2), Watched())
    network.fc = nn.Sequential(nn.Flatten(0, 0), nn.Linear(4, 5))
    network.forward = lambda x: network.fc(  # type: ignore[method-assign]  # as people patch networks
        network.relu(network.bn(network.conv(x))).mean(2)
    )
    return network


STUDENTS = {
    "per channel": with_pytorch("fbgemm"),
    "per tensor": with_pytorch("qnnpack"),
    "x86": with_pytorch("x86"),
    "own": with_an_own_observer,
}


@pytest.mark.parametrize("of", STUDENTS)
def test_two_steps_train_as_in_plain_pytorch(of: str) -> None:
    student, other = STUDENTS[of](), STUDENTS[of]()
    before = {name: one.clone() for name, one in student.named_buffers()}
    torch.manual_seed(1)
    teacher = Net().eval()
    step = kdgraph.compile(RECIPE, models={"teacher": teacher, "student": student}, sample=X)
    (part,) = (one for one in step.parts.modules() if isinstance(one, nn.Linear))
    hint = teacher.relu(teacher.bn(teacher.conv(X))).mean((2, 3))

    now = dict(student.named_buffers())
    assert all(torch.equal(one, now[name]) for name, one in before.items())  # nothing has run

    taps: list[Tensor] = []
    last = [one for one in other.modules() if isinstance(one, nn.Linear)][-1]
    last.register_forward_pre_hook(lambda _, args: taps.append(args[0]))
    for _ in range(2):
        out = step(X, Y)
        wanted = nn.functional.cross_entropy(other(X), Y)
        torch.testing.assert_close(out.terms["sup"], wanted)
        near = nn.functional.mse_loss(part(taps[-1]), hint)
        torch.testing.assert_close(out.terms["near"], near)
        for network, loss in ((student, out.terms["sup"]), (other, wanted)):
            moved = [one for one in network.parameters() if one.requires_grad]
            for one, slope in zip(moved, torch.autograd.grad(loss, moved), strict=True):
                one.data -= 0.1 * slope
    pairs = zip(student.state_dict().items(), other.state_dict().values(), strict=True)
    for (name, one), two in pairs:
        torch.testing.assert_close(one, two, msg=name)


@pytest.mark.parametrize("of", STUDENTS)
def test_an_average_of_such_a_student_is_finite_when_it_has_seen_batches(of: str) -> None:
    text = """
loss: cross_entropy(student.logits, y) + kd(t.logits ‖ student.logits)
where: {t: ema(student)}
"""
    student = STUDENTS[of]()
    step = kdgraph.compile(text, models={"student": student}, sample=X)
    for _ in range(2):
        step(X, Y).total.backward()
        step.commit()

    assert step(X, Y).total.isfinite()
    kept = step.memory["t"].state_dict()
    assert all(one.isfinite().all() for one in kept.values() if one.is_floating_point())
