"""Shift images by a few pixels: pad, then cut a window of the old size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from kdgraph.knobs import Natural
from kdgraph.sorts import Image
from kdgraph.views.draw import Draw
from kdgraph.views.view import view


@view(random=True, pads="pad")
def crop(
    image: Image[Tensor, "b c h w"], draw: Draw | None, *, pad: Natural = 4
) -> Image[Tensor, "b c h w"]:
    r"""Cut a random window of the images' own size after padding with zeros.

    $$ v_{xy} = \operatorname{pad}(u)_{x+i,\,y+j}, \qquad i, j \sim U\{0, \dots, 2\,pad\} $$

    Args:
        image: uint8 (b, c, h, w).
        draw: two numbers a row; without it the images stay as they are.
        pad: pixels of zeros on each side.

    Source:
        He, Zhang, Ren, Sun. Deep residual learning, 2015. arXiv:1512.03385, section 4.2.
    """
    if draw is None or pad == 0:
        return image
    _, _, height, width = image.shape
    corners = draw.integers(2 * pad + 1, 2)
    windows = F.pad(image, (pad, pad, pad, pad)).unfold(2, height, 1).unfold(3, width, 1)
    rows = torch.arange(len(image), device=image.device)
    return windows[rows, :, corners[:, 0], corners[:, 1]]
