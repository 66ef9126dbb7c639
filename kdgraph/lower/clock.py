"""The clock of a step: epoch, epochs and step as 0-d tensors, so that time never recompiles."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Clock(nn.Module):
    """`epoch` counts from 1 and restarts in each stage, `step` counts from 0.

    Both are float tensors on the device of the step; filling them is no new graph.
    """

    epoch: Tensor
    epochs: Tensor
    step: Tensor

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        for name, start in (("epoch", 1.0), ("epochs", 1.0), ("step", 0.0)):
            self.register_buffer(name, torch.tensor(start, dtype=dtype), persistent=False)

    def set(self, **times: float) -> None:
        """Fill in the time; what is not given stays."""
        for name, value in times.items():
            if name not in {"epoch", "epochs", "step"}:
                msg = f"the clock has epoch, epochs and step, not {name!r}"
                raise TypeError(msg)
            getattr(self, name).fill_(value)

    def forward(self) -> tuple[Tensor, Tensor, Tensor]:
        """Epoch, epochs and step."""
        return self.epoch, self.epochs, self.step
