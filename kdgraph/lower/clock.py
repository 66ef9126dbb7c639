"""The clock of a step: epoch, epochs and step as 0-d tensors, so that time never recompiles."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real

import torch
from torch import Tensor, nn

FIRST = {"epoch": 1, "epochs": 1, "step": 0}
"""the hands, and where each starts"""


class Clock(nn.Module):
    """`epoch` counts from 1 and restarts in each stage, `step` counts from 0.

    All are float tensors on the device of the step; filling them is no new graph. Until
    somebody tells the time they are NaN: a schedule must not quietly start at its end.

    Attributes:
        told: the hands that were set, with their values.
    """

    epoch: Tensor
    epochs: Tensor
    step: Tensor

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.told: dict[str, float] = {}
        for name in FIRST:
            self.register_buffer(name, torch.tensor(math.nan, dtype=dtype), persistent=False)

    def set(self, **times: float) -> None:
        """Fill in the time; what is not given stays.

        Raises:
            TypeError: the clock has no such hand.
            ValueError: no number, or no time: `epoch` runs from 1 to `epochs`, `step` from 0.
        """
        told = self.told | times
        for name, value in times.items():
            if name not in FIRST:
                msg = f"the clock has epoch, epochs and step, not {name!r}"
                raise TypeError(msg)
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if not is_number or not FIRST[name] <= value < math.inf:
                msg = f"{name} is a number from {FIRST[name]} on, not {value!r}"
                raise ValueError(msg)
        if told.get("epoch", 1) > told.get("epochs", math.inf):
            msg = f"epoch {told['epoch']} is after the last of {told['epochs']} epochs"
            raise ValueError(msg)
        for name, value in times.items():
            getattr(self, name).fill_(float(value))
        self.told = told

    def must_know(self, hands: Iterable[str]) -> None:
        """Refuse to compute a schedule while nobody has told the time; the device is not asked.

        Raises:
            ValueError: one of these hands was never set.
        """
        missing = [name for name in hands if name not in self.told]
        if missing:
            shown = ", ".join(f"{name}=…" for name in sorted(missing))
            words = " and ".join(sorted(missing))
            msg = f"the recipe follows {words}: call step.clock({shown}) before the batch"
            raise ValueError(msg)

    def forward(self) -> tuple[Tensor, Tensor, Tensor]:
        """Epoch, epochs and step."""
        return self.epoch, self.epochs, self.step
