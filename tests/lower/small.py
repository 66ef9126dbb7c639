"""A recipe with a schedule and smooth networks: eager and compiled can be compared closely."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

import kdgraph
from kdgraph.lower.step import Step

RECIPE = """
loss: sup + λ·kd + 0.5·near
where:
  sup:  cross_entropy(student.logits, y)
  kd:   kd(teacher.logits ‖ student.logits, T=4)
  near: mse(normalize(linear(student.features, 6)), normalize(linear(teacher.features, 6)))
  λ:    anneal(0, 1)
"""
CLASSES = 5


class Net(nn.Module):
    """Smooth, and with batch norm, whose buffers move in train mode."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.smooth = nn.SiLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        return self.fc(self.pool(self.smooth(self.bn(self.conv(x)))).flatten(1))


@dataclass
class Small:
    """A compiled step with its networks and batches."""

    recipe: str = RECIPE
    device: str = "cpu"
    dtype: torch.dtype = torch.float64
    optimise: bool = True
    teacher: nn.Module = field(init=False)
    student: nn.Module = field(init=False)
    step: Step = field(init=False)

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.teacher = Net(7).to(self.device, self.dtype)
        self.student = Net(4).to(self.device, self.dtype)
        self.step = kdgraph.compile(
            self.recipe,
            models={"teacher": self.teacher, "student": self.student},
            sample=self.images(4),
            optimise=self.optimise,
        )
        self.step.clock(epoch=1, epochs=1, step=0)

    def images(self, rows: int, seed: int = 0) -> Tensor:
        """Noise."""
        draw = torch.Generator().manual_seed(seed)
        return torch.randn(rows, 3, 6, 6, generator=draw).to(self.device, self.dtype)

    def labels(self, rows: int) -> Tensor:
        """Every class in turn."""
        return (torch.arange(rows) % CLASSES).to(self.device)

    def gradients(self, rows: int = 4, seed: int = 0) -> dict[str, Tensor]:
        """The gradients of the total, by the parameters' names."""
        self.step.zero_grad(set_to_none=True)
        self.step(self.images(rows, seed), self.labels(rows)).total.backward()
        return {
            name: one.grad.clone()
            for name, one in self.step.named_parameters()
            if one.grad is not None
        }


def autocast_covers_networks_only(device: str) -> None:
    """What the student computes in bfloat16 leaves it in float32, in which the loss computes."""
    small = Small(device=device, dtype=torch.float32)
    small.step.autocast.precision = torch.bfloat16
    inside: list[torch.dtype] = []
    outside: list[torch.dtype] = []
    small.student.fc.register_forward_hook(lambda *call: inside.append(call[2].dtype))
    for module in small.step.parts.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda *call: outside.append(call[2].dtype))
    out = small.step(small.images(4), small.labels(4))
    out.total.backward()

    assert inside == [torch.bfloat16]
    assert outside == [torch.float32, torch.float32]
    assert {one.dtype for one in (out.total, *out.terms.values())} == {torch.float32}
    assert all(one.grad.dtype == torch.float32 for *_, one in small.step.trained())
