"""The last thing before a network: pixels to numbers around zero."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normalize(nn.Module):
    r"""Scale to [0, 1], then centre and scale each channel.

    $$ z = (u / 255 - mean) / std $$

    Images that are not uint8 are taken to be in [0, 1] already and keep their precision. The
    memory format (channels last or not) is kept. Nothing of it goes into a checkpoint.

    Args:
        mean: one number a channel, of pixels in [0, 1].
        std: one number a channel, above 0.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Take uint8 (b, c, h, w) to float32 of the same shape."""
        light = image.to(self.mean.dtype) / 255 if image.dtype == torch.uint8 else image
        return (light - self.mean) / self.std

    def extra_repr(self) -> str:
        """The numbers, for `print`."""
        return f"mean={self.mean.flatten().tolist()}, std={self.std.flatten().tolist()}"
