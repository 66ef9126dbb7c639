"""The steps that are compared: the compiled recipe, the one by hand, on equal networks."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step
from kdgraph.models.build import build
from tests.bench.handwritten_icd import HandwrittenICD

CLASSES = 10
EARLY = """
loss: sup + 100·look
where:
  sup:  cross_entropy(student.logits, y)
  look: at(teacher.layer1, student.layer1)
"""


@dataclass(frozen=True)
class Batch:
    """Images and labels that every contestant is given."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Pair:
    """A teacher and a student, fresh from one seed."""

    teacher: nn.Module
    student: nn.Module


def batch(size: int, *, device: str = "cpu") -> Batch:
    """A batch of noise of CIFAR's size."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(size, 3, 32, 32, generator=draw)
    y = torch.randint(CLASSES, (size,), generator=draw)
    return Batch(x.to(device), y.to(device))


def networks(
    teacher: str = "resnet20",
    student: str = "resnet8",
    *,
    classes: int = CLASSES,
    device: str = "cpu",
) -> Pair:
    """A teacher and a student, the same at every call."""
    torch.manual_seed(0)
    return Pair(build(teacher, classes).to(device), build(student, classes).to(device))


def compiled(pair: Pair, data: Batch, *, recipe: str = "icd", optimise: bool = True) -> Step:
    """The recipe's step, on networks of its own."""
    own = deepcopy(pair)
    models = {"teacher": own.teacher, "student": own.student}
    return kdgraph.compile(recipe, models=models, sample=data.x, optimise=optimise)


def by_hand(pair: Pair, step: Step) -> HandwrittenICD:
    """The handwritten step on networks of its own, its heads equal to those of `step`."""
    own = deepcopy(pair)
    made = HandwrittenICD(own.teacher, own.student).to(next(step.parameters()).device)
    with torch.no_grad():
        made.head_s.load_state_dict(step.parts.s.linear.state_dict())
        made.head_t.load_state_dict(step.parts.t.linear.state_dict())
    return made.train()


def same_loss(step: Step, hand: HandwrittenICD, data: Batch) -> None:
    """Refuse to time two steps that do not compute the same.

    Buffers of batch norm move here, by the same amount in both.
    """
    out = step(data.x, data.y)
    total, terms = hand(data.x, data.y)
    torch.testing.assert_close(out.total, total)
    for name, value in terms.items():
        torch.testing.assert_close(out.terms[name], value, rtol=1e-4, atol=1e-6)


def training(module: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    """A whole step: forward, backward, and an update by SGD."""
    parameters = [one for one in module.parameters() if one.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9, weight_decay=5e-4)

    def step() -> None:
        loss().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if parameters[0].is_cuda:
            torch.cuda.synchronize()

    return step
