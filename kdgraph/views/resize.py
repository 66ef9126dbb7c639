"""Scale images to another size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Count
from kdgraph.sorts import Image
from kdgraph.views.view import view


@view
def resize(image: Image[Tensor, "b c h w"], size: Count) -> Image[Tensor, "b c size size"]:
    r"""Scale to size x size, bilinear and antialiased.

    $$ v = \operatorname{round}(\operatorname{resample}(u, \; size \times size)) $$

    Args:
        image: uint8 (b, c, h, w).
        size: height and width of the result; the aspect is not kept.

    Returns:
        uint8 (b, c, size, size).

    Source:
        `torch.nn.functional.interpolate` with `antialias=True`.
    """
    if image.shape[2:] == (size, size):
        return image
    light = F.interpolate(image.float(), size=(size, size), mode="bilinear", antialias=True)
    return light.round().clamp(0, 255).to(torch.uint8)
