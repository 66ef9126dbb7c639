"""Images that need a gradient get the teacher's share of it: as data-free generation asks."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step

X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
KD = "loss: kd(teacher.logits ‖ student.logits, T=2)"
CUT = "loss: mse(teacher.body, student.body)"
STAGE = """
loss: s
where: {s: "kd(teacher.logits ‖ student.logits, T=2)"}
stages: [{name: only, trains: [student], mode: {teacher: train}}]
"""
APPLIED = "loss: mse(teacher.fc(teacher.fc.input), student.logits)"
AVERAGE = """
loss: kd(t.logits ‖ student.logits, T=2)
where: {t: ema(student)}
"""


class Net(nn.Module):
    def __init__(self, *, branches: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3)
        )
        self.fc = nn.Linear(4, 5)
        self.branches = branches

    def forward(self, x: Tensor) -> Tensor:
        v = self.body(x)
        if self.branches and v.sum() > 1e9:  # not to be traced
            v = v + 1
        return self.fc(v.mean((2, 3)))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def models(**more: bool) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    found = {"teacher": Net(**more).double(), "student": Net().double()}
    for network in found.values():  # statistics that are not those of a batch
        network.body[1].running_mean.normal_()
        network.body[1].running_var.uniform_(0.5, 2)
    return found


def kd(teacher: Tensor, student: Tensor) -> Tensor:
    target, guess = F.softmax(teacher / 2, dim=1), F.log_softmax(student / 2, dim=1)
    return 4 * F.kl_div(guess, target, reduction="batchmean")


def expected(nets: dict[str, nn.Module], of: str, x: Tensor) -> Tensor:
    """The same gradient, in plain PyTorch on copies."""
    t, s = copy.deepcopy(nets["teacher"]).eval(), copy.deepcopy(nets["student"]).train()
    if of == "average":
        t = copy.deepcopy(nets["student"]).eval()
    if of == "train":
        t.train()
    x = x.clone().requires_grad_()
    if of == "cut":
        loss = F.mse_loss(s.body(x), t.body(x))
    elif of == "applied":
        loss = F.mse_loss(s(x), t(x))
    else:
        loss = kd(t(x), s(x))
    (found,) = torch.autograd.grad(loss, x)
    return found


CASES = {
    "whole": KD, "branched": KD, "cut": CUT, "train": STAGE, "applied": APPLIED, "average": AVERAGE
}  # fmt: skip


@pytest.mark.parametrize("compiles", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_images_is_that_of_both_networks(case: str, compiles: bool) -> None:
    nets = models(branches=case == "branched")
    wanted = expected(nets, case, X)
    before = copy.deepcopy(nets["teacher"].state_dict())
    step = kdgraph.compile(CASES[case], models=nets, sample=X)
    if compiles and case != "branched":  # a look at values is a break of its own
        step.compile(fullgraph=True, backend="aot_eager")
    x = X.clone().requires_grad_()

    step(x).total.backward()

    torch.testing.assert_close(x.grad, wanted, rtol=1e-9, atol=1e-12)
    assert all(one.grad is None for one in nets["teacher"].parameters())
    assert all(one.requires_grad for one in nets["teacher"].parameters())
    now = nets["teacher"].state_dict()
    moves = {name for name, one in before.items() if not torch.equal(one, now[name])}
    assert all("running" in name or "tracked" in name for name in moves)
    assert bool(moves) == (case == "train")


def test_a_generator_learns_from_the_teacher_through_its_images() -> None:
    nets = models()
    step = kdgraph.compile(KD, models=nets, sample=X)
    maker = nn.Conv2d(3, 3, 1).double()
    step(maker(X)).total.backward()

    t, s = copy.deepcopy(nets["teacher"]).eval(), copy.deepcopy(nets["student"])
    other = copy.deepcopy(maker)
    other.zero_grad()
    made = other(X)
    kd(t(made), s(made)).backward()
    torch.testing.assert_close(maker.weight.grad, other.weight.grad, rtol=1e-9, atol=1e-12)


def test_one_view_alone_may_need_a_gradient() -> None:
    text = """
loss: kd(teacher(a).logits ‖ student(x).logits, T=2)
views: {x: image, a: "rotate(image, 90)"}
"""
    nets = models()
    step = kdgraph.compile(text, models=nets, sample=X)
    a = X.rot90(1, (2, 3)).clone().requires_grad_()
    step({"x": X, "a": a}).total.backward()

    t, s = copy.deepcopy(nets["teacher"]).eval(), copy.deepcopy(nets["student"])
    b = a.detach().clone().requires_grad_()
    (wanted,) = torch.autograd.grad(kd(t(b), s(X)), b)
    torch.testing.assert_close(a.grad, wanted, rtol=1e-9, atol=1e-12)


def given_by_the_teacher(step: Step, x: Tensor) -> tuple[Tensor, ...]:
    (reader,) = (one for name, one in step.program.named_children() if "teacher" in name)
    found: tuple[Tensor, ...] = reader(x)
    return found


def test_without_such_images_nothing_is_kept_for_a_backward() -> None:
    step = kdgraph.compile(KD, models=models(), sample=X)
    x = X.clone().requires_grad_()

    assert not any(one.requires_grad for one in given_by_the_teacher(step, X))
    assert all(one.requires_grad for one in given_by_the_teacher(step, x))
    with torch.no_grad():
        assert not any(one.requires_grad for one in given_by_the_teacher(step, x))
