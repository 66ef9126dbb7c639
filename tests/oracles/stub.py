"""Networks that give back what they are told, so that a compiled recipe meets an oracle."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Stub(nn.Module):
    """Gives `features` (the input of `fc`) and `logits` (its output), whatever the images are."""

    def __init__(self, features: Tensor, logits: Tensor) -> None:
        super().__init__()
        self.features = nn.Parameter(features.clone())
        self.bias = nn.Parameter(logits.clone())
        self.fc = nn.Linear(features.shape[1], logits.shape[1], bias=False, dtype=features.dtype)
        nn.init.zeros_(self.fc.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The logits; the images only say how many rows there are."""
        del x
        return self.fc(self.features) + self.bias


def fill(shape: tuple[int, ...], a: int, b: int, d: float) -> Tensor:
    """The oracles' numbers: entry n is (((a·n + b) mod 17) − 8)/d, counted row by row."""
    n = torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64)
    return (((a * n + b) % 17 - 8) / d).reshape(shape)


def close(found: Tensor, expected: float | list[float]) -> bool:
    """Equal to nine digits."""
    return torch.allclose(
        found.detach().double(), torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-9
    )
