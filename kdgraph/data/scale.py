"""Images in memory brought to another size or number of channels, still uint8."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.data.images import Images

CHUNK = 1024
LUMA = (0.299, 0.587, 0.114)


def scaled(images: Images, channels: int, size: int | None) -> Images:
    """Grey or colour as asked; square of side `size`, antialiased, where one is given."""
    other = size is not None and images.size != (size, size)
    if images.channels == channels and not other:
        return images
    parts = [
        _scaled(part, channels, size if other else None)
        for part in torch.split(images.pixels, CHUNK)
    ]
    return replace(images, pixels=torch.cat(parts))


def _scaled(pixels: Tensor, channels: int, size: int | None) -> Tensor:
    light = pixels.float()
    if channels < pixels.shape[1]:
        light = (light * light.new_tensor(LUMA)[:, None, None]).sum(dim=1, keepdim=True)
    if size is not None:
        light = F.interpolate(light, size=(size, size), mode="bilinear", antialias=True)
    return light.round().clamp(0, 255).to(torch.uint8).expand(-1, channels, -1, -1).contiguous()
