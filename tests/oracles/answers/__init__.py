"""Our answer to every number of the oracles: one module a method, found by being here.

    @answers("dist.inter.tau1", "dist.inter.tau4")
    def inter(key: str) -> Tensor: …

An answer goes through a compiled recipe or through its engine, never through a copy of the
formula. What a recipe is given comes from `wave`, the oracles' closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.references import fills

Answer = Callable[[str], Tensor | float]
KNOWN: dict[str, Answer] = {}


def answers(*keys: str) -> Callable[[Answer], Answer]:
    """Say which numbers a function answers; it is told which of them is asked for."""

    def register(answer: Answer) -> Answer:
        for key in keys:
            assert key not in KNOWN, key
            KNOWN[key] = answer
        return answer

    return register


def everything() -> dict[str, Answer]:
    """All answers, by the oracles' keys."""
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        import_module(f"{__name__}.{path.stem}")
    return KNOWN


def wave(shape: tuple[int, ...], a: float, b: float, s: float = 1.0) -> Tensor:
    """Entry n of the flat tensor is s·sin(a·n + b), in double precision."""
    return torch.from_numpy(fills.wave(shape, a, b, s))


class Says(nn.Module):
    """One module of a network that gives what it is told, whatever comes in; it is trained."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = nn.Parameter(value.clone())

    def forward(self, x: Tensor) -> Tensor:
        """The value."""
        del x
        return self.value


class Network(nn.Module):
    """Modules of given names that say given values in turn; the last one is the output.

    `Network(layer=maps, logits=z)` is tapped as `student.layer` and `student.logits`.
    """

    def __init__(self, **values: Tensor) -> None:
        super().__init__()
        for name, value in values.items():
            self.add_module("out" if name == "logits" else name, Says(value))

    def forward(self, x: Tensor) -> Tensor:
        """What the last module says."""
        for module in self.children():
            x = module(x)
        return x
