"""A network that teaches and does not learn."""

from __future__ import annotations

from typing import Any, Literal, Self

import torch
from torch import nn


class Frozen(nn.Module):
    """Runs `module` without autograd, in eval mode, whatever `train()` is told.

    `no_grad` and not `inference_mode`: a trainable connector after a teacher saves the teacher's
    values for its own backward, which inference tensors forbid.

    Args:
        module: what to freeze; its parameters stop asking for gradients.
        mode: "train" lets the module follow `train()` and `eval()`, for a recipe's
            `mode: {teacher: train}`.
        through: let gradients pass through to the input, for a part of the teacher that is applied
            to a value of the student: `teacher.fc(v)`.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        mode: Literal["eval", "train"] = "eval",
        through: bool = False,
    ) -> None:
        super().__init__()
        self.module = module.requires_grad_(requires_grad=False)
        self.mode = mode
        self.through = through
        self.train(module.training)

    def forward(self, *inputs: Any) -> Any:  # noqa: ANN401 - whatever the module takes and gives
        """What the module gives."""
        if self.through:
            return self.module(*inputs)
        with torch.no_grad():
            return self.module(*inputs)

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - nn.Module's own signature
        """Stay in eval mode, unless frozen in mode "train"."""
        return super().train(mode and self.mode == "train")
